#include "edge/net/mdns/resolver.h"

#include <algorithm>

namespace edge::mdns {
namespace {

constexpr std::size_t kMostNames = 128;
constexpr std::size_t kMostInstances = 16;
constexpr std::size_t kLongestLabel = 63;
constexpr Duration kAskAgain = std::chrono::seconds(1);
constexpr Duration kLongestSearch = std::chrono::milliseconds(1500);
constexpr Duration kMissedFor = std::chrono::seconds(3);
// What is in use and was not heard of for so long is asked for, while it still serves.
constexpr Duration kRefreshAfter = std::chrono::seconds(30);
constexpr Duration kLongestLife = std::chrono::seconds(60);
constexpr std::uint32_t kQuestionsPerSecond = 20;
constexpr std::uint32_t kMostQuestions = 40;

Error not_found(const std::string& name) {
  return {Code::kNotFound, "couldn't find service: " + name};
}

// Whether a host can be called there.
bool is_callable(const Ipv4& address, Sender sender) {
  const bool is_one_host = address[0] != 0 && address[0] < 224;
  return is_one_host && (sender == Sender::kThisMachine || !is_loopback(address));
}

}  // namespace

Resolver::Resolver(Loop& loop, Link& link)
    : loop_(loop), link_(link), turns_(kMostQuestions), refilled_(loop.now()) {}

Task<Status> Resolver::seek(Ctx ctx, std::string name) {
  if (name.empty() || name.size() > kLongestLabel) co_return not_found(name);
  auto entry = entry_of(name);
  if (!entry) co_return entry.error();
  (*entry)->used = loop_.now();
  if (has_live(**entry)) co_return Status();
  if ((*entry)->missed && loop_.now() - *(*entry)->missed < kMissedFor) co_return not_found(name);
  ++(*entry)->seekers;
  auto found = co_await wait_for(ctx, *entry);
  --(*entry)->seekers;
  if (found || ctx.cancelled()) co_return found;
  if (found.error().code != Code::kDeadlineExceeded) co_return found;
  (*entry)->missed = loop_.now();
  co_return not_found(name);
}

// Errors: kDeadlineExceeded: nobody answered.
Task<Status> Resolver::wait_for(Ctx ctx, EntryPtr entry) {
  DeadlineScope search(loop_, ctx, kLongestSearch);
  entry->found.reset();
  while (true) {
    const bool due = !entry->asked || loop_.now() - *entry->asked >= kAskAgain;
    if (due && !ask(*entry)) {
      co_return Error{Code::kResourceExhausted,
                      "too many names are sought on the network at once; try again later"};
    }
    DeadlineScope turn(loop_, search.ctx(), kAskAgain - (loop_.now() - *entry->asked));
    auto heard = co_await entry->found.wait(turn.ctx());
    if (has_live(*entry)) co_return Status();
    if (search.ctx().cancelled()) co_return search.ctx().error();
    if (heard) entry->found.reset();
  }
}

std::optional<Endpoint> Resolver::next(std::string_view name) {
  Entry* entry = find(name);
  if (entry == nullptr || !has_live(*entry)) return {};
  entry->used = loop_.now();
  const std::size_t count = entry->instances.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Instance& instance = entry->instances[entry->turn++ % count];
    if (!instance.addressed) continue;
    const bool fresh = loop_.now() - instance.heard < kRefreshAfter;
    const bool asked = entry->asked && loop_.now() - *entry->asked < kRefreshAfter / 2;
    if (!fresh && !asked) ask(*entry);
    return instance.endpoint;
  }
  return {};
}

void Resolver::forget(std::string_view name, const Endpoint& endpoint) {
  Entry* entry = find(name);
  if (entry == nullptr) return;
  std::erase_if(entry->instances,
                [&](const Instance& instance) { return instance.endpoint == endpoint; });
}

void Resolver::heard(const Message& response, Sender sender) {
  for (const Record& record : response.records) {
    for (const auto& [name, entry] : entries_) learn_service(*entry, record);
  }
  for (const Record& record : response.records) {
    if (record.type == Type::kA && is_callable(record.address, sender)) learn_address(record);
  }
  for (const auto& [name, entry] : entries_) {
    if (has_live(*entry)) entry->found.set();
  }
}

void Resolver::learn_service(Entry& entry, const Record& record) {
  if (record.type == Type::kA) return;
  const Name& name = record.type == Type::kPtr ? record.target : record.name;
  if (!is_child(name, entry.type)) return;
  auto& instances = entry.instances;
  auto known = std::find_if(instances.begin(), instances.end(), [&](const Instance& instance) {
    return same_name(instance.name, name);
  });
  if (record.seconds == 0) {
    if (known != instances.end()) instances.erase(known);
    return;
  }
  if (record.type == Type::kPtr) return;
  if (known == instances.end()) {
    if (instances.size() == kMostInstances) return;
    known = instances.emplace(known);
    known->name = name;
  }
  known->host = record.target;
  known->endpoint.port = record.port;
  known->heard = loop_.now();
  const Duration told = std::chrono::seconds(record.seconds);
  known->expires = loop_.now() + std::min(told, kLongestLife);
}

void Resolver::learn_address(const Record& record) {
  if (record.seconds == 0) return;
  for (const auto& [id, entry] : entries_) {
    for (Instance& instance : entry->instances) {
      if (!same_name(instance.host, record.name)) continue;
      instance.endpoint.address = record.address;
      instance.addressed = true;
      entry->missed.reset();
    }
  }
}

bool Resolver::has_live(Entry& entry) const {
  const TimePoint now = loop_.now();
  std::erase_if(entry.instances, [now](const Instance& one) { return one.expires <= now; });
  return std::any_of(entry.instances.begin(), entry.instances.end(),
                     [](const Instance& instance) { return instance.addressed; });
}

// False where too many questions are asked.
bool Resolver::ask(Entry& entry) {
  if (!take_turn()) return false;
  entry.asked = loop_.now();
  link_.ask(print_question(entry.type));
  return true;
}

bool Resolver::take_turn() {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - refilled_).count();
  if (seconds > 0) {
    refilled_ += std::chrono::seconds(seconds);
    const std::uint64_t more = static_cast<std::uint64_t>(seconds) * kQuestionsPerSecond;
    turns_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(kMostQuestions, turns_ + more));
  }
  if (turns_ == 0) return false;
  --turns_;
  return true;
}

Resolver::Entry* Resolver::find(std::string_view name) {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.get();
}

Result<Resolver::EntryPtr> Resolver::entry_of(const std::string& name) {
  const auto known = entries_.find(name);
  if (known != entries_.end()) return known->second;
  if (entries_.size() >= kMostNames && !make_room()) {
    return Error{Code::kResourceExhausted,
                 "too many names are sought on the network at once; try again later"};
  }
  auto entry = std::make_shared<Entry>(loop_, name_of({name, "local"}));
  entries_.emplace(name, entry);
  return entry;
}

// Forgets the name that was not asked for the longest.
bool Resolver::make_room() {
  auto oldest = entries_.end();
  for (auto one = entries_.begin(); one != entries_.end(); ++one) {
    if (one->second->seekers > 0) continue;
    if (oldest == entries_.end() || one->second->used < oldest->second->used) oldest = one;
  }
  if (oldest == entries_.end()) return false;
  entries_.erase(oldest);
  return true;
}

}  // namespace edge::mdns
