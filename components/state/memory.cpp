#include "components/state/memory.h"

#include <utility>

#include "components/state/common.h"

namespace edge::state {
namespace {

constexpr Duration kSweepInterval = std::chrono::seconds(30);

const std::string& key_of(const Operation& operation) {
  return std::visit([](const auto& request) -> const std::string& { return request.key; },
                    operation);
}

}  // namespace

MemoryStore::MemoryStore(const components::Context& context)
    : loop_(context.loop), sweeper_(*this) {}

std::vector<Feature> MemoryStore::features() const {
  return {Feature::kEtag, Feature::kTransactional, Feature::kTtl, Feature::kDeleteWithPrefix,
          Feature::kKeysLike};
}

Task<Status> MemoryStore::init(Ctx /*ctx*/) {
  co_return Status();
}

Task<void> MemoryStore::close() {
  sweeper_.disarm();
  entries_.clear();
  co_return;
}

MemoryStore::Entry* MemoryStore::find(std::string_view key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  if (found->second.expires > loop_.now()) return &found->second;
  entries_.erase(found);
  return nullptr;
}

Task<Result<std::vector<Item>>> MemoryStore::get(Ctx ctx, std::vector<std::string> keys) {
  if (ctx.cancelled()) co_return ctx.error();
  std::vector<Item> items;
  items.reserve(keys.size());
  for (std::string& key : keys) {
    if (key.empty()) co_return Error{Code::kInternal, "missing key in get operation"};
    Item& item = items.emplace_back();
    const Entry* entry = find(key);
    item.key = std::move(key);
    if (entry == nullptr) continue;
    item.value = entry->value;
    item.kind = entry->kind;
    item.etag = entry->etag;
    if (entry->expires != TimePoint::max()) {
      item.metadata["ttlExpireTime"] = to_rfc3339(entry->expires_wall);
    }
  }
  co_return items;
}

Status MemoryStore::check(const std::string& key, const std::optional<std::string>& etag,
                          Concurrency concurrency) {
  const Entry* entry = find(key);
  if (has_etag(etag)) {
    if (entry == nullptr) return etag_mismatch("state not exist or expired for key=" + key);
    if (entry->etag != *etag) {
      return etag_mismatch("state etag not match for key=" + key + ": current=" + entry->etag +
                           ", expect=" + *etag);
    }
  } else if (concurrency == Concurrency::kFirstWrite && entry != nullptr) {
    return etag_mismatch("item already exists and no etag was passed");
  }
  return {};
}

Status MemoryStore::run(SetRequest& request) {
  if (request.key.empty()) return Error{Code::kInternal, "missing key in set option"};
  const auto ttl = ttl_seconds(request.metadata);
  if (!ttl) return ttl.error();
  if (auto fits = check(request.key, request.etag, request.concurrency); !fits) return fits;
  Entry entry{.value = std::move(request.value),
              .kind = request.kind,
              .etag = uuid_v4(loop_.random()),
              .expires = TimePoint::max(),
              .expires_wall = {}};
  if (*ttl) {
    const auto life = std::chrono::seconds(**ttl);
    entry.expires = loop_.now() + life;
    entry.expires_wall = loop_.wall_now() + life;
    if (!sweeper_.armed()) sweeper_.arm(loop_.now() + kSweepInterval);
  }
  entries_[std::move(request.key)] = std::move(entry);
  return {};
}

Status MemoryStore::run(DeleteRequest& request) {
  if (request.key.empty()) return Error{Code::kInternal, "missing key in delete operation"};
  if (auto fits = check(request.key, request.etag, request.concurrency); !fits) return fits;
  entries_.erase(request.key);
  return {};
}

Status MemoryStore::run(Operation& operation, Undo* undo) {
  if (undo != nullptr) {
    const Entry* before = find(key_of(operation));
    undo->emplace_back(key_of(operation),
                       before == nullptr ? std::nullopt : std::optional(*before));
  }
  return std::visit([this](auto& request) { return run(request); }, operation);
}

Task<Result<std::vector<KeyError>>> MemoryStore::apply(Ctx ctx, std::vector<Operation> operations) {
  if (ctx.cancelled()) co_return ctx.error();
  std::vector<KeyError> failed;
  for (Operation& operation : operations) {
    std::string key = key_of(operation);
    auto done = run(operation, nullptr);
    if (!done) failed.push_back({std::move(key), std::move(done).error()});
  }
  co_return failed;
}

void MemoryStore::put_back(Undo& undo) {
  for (auto step = undo.rbegin(); step != undo.rend(); ++step) {
    if (step->second) {
      entries_[step->first] = std::move(*step->second);
    } else {
      entries_.erase(step->first);
    }
  }
}

Task<Status> MemoryStore::transact(Ctx ctx, std::vector<Operation> operations) {
  if (ctx.cancelled()) co_return ctx.error();
  Undo undo;
  for (Operation& operation : operations) {
    auto done = run(operation, &undo);
    if (done) continue;
    put_back(undo);
    co_return done;
  }
  co_return Status();
}

Task<Result<std::size_t>> MemoryStore::delete_with_prefix(Ctx ctx, std::string prefix) {
  if (ctx.cancelled()) co_return ctx.error();
  const auto whole = key_prefix(prefix);
  if (!whole) co_return whole.error();
  std::size_t removed = 0;
  auto entry = entries_.lower_bound(*whole);
  while (entry != entries_.end() && entry->first.starts_with(*whole)) {
    const bool live = entry->second.expires > loop_.now();
    if (!is_last_segment(entry->first, *whole)) {
      ++entry;
      continue;
    }
    if (live) ++removed;
    entry = entries_.erase(entry);
  }
  co_return removed;
}

Task<Result<KeyedStore::KeysPage>> MemoryStore::keys_like(Ctx ctx, std::string pattern,
                                                          std::size_t page_size,
                                                          std::string continuation_token) {
  if (ctx.cancelled()) co_return ctx.error();
  if (pattern.empty()) co_return Error{Code::kInvalidArgument, "pattern is required"};
  const auto after = key_of_token(continuation_token);
  if (!after) co_return after.error();
  KeysPage page;
  for (auto entry = entries_.upper_bound(*after); entry != entries_.end(); ++entry) {
    if (entry->second.expires <= loop_.now() || !is_like(entry->first, pattern)) continue;
    if (page_size > 0 && page.keys.size() == page_size) {
      page.continuation_token = page_token(page.keys.back());
      break;
    }
    page.keys.push_back(entry->first);
  }
  co_return page;
}

void MemoryStore::sweep() noexcept {
  bool more = false;
  const TimePoint now = loop_.now();
  std::erase_if(entries_, [&](const auto& entry) {
    const TimePoint expires = entry.second.expires;
    more = more || (expires > now && expires != TimePoint::max());
    return expires <= now;
  });
  if (more) sweeper_.arm(now + kSweepInterval);
}

}  // namespace edge::state
