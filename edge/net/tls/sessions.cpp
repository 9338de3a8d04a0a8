#include "edge/net/tls/sessions.h"

#include <algorithm>
#include <utility>

namespace edge::tls {

std::shared_ptr<Session> SessionCache::find(const std::string& server, TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(entries_, server, &Entry::server);
  if (found == entries_.end()) return nullptr;
  if (now - found->since < kMaxAge) return found->session;
  entries_.erase(found);
  return nullptr;
}

void SessionCache::store(const std::string& server, std::shared_ptr<Session> session,
                         TimePoint now) {
  const std::lock_guard lock(mutex_);
  erase(server);
  if (entries_.size() == kMaxServers) entries_.erase(entries_.begin());
  entries_.push_back({server, std::move(session), now});
}

void SessionCache::forget(const std::string& server) {
  const std::lock_guard lock(mutex_);
  erase(server);
}

std::size_t SessionCache::size() {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void SessionCache::erase(const std::string& server) {
  std::erase_if(entries_, [&server](const Entry& entry) { return entry.server == server; });
}

}  // namespace edge::tls
