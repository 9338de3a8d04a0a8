#include "components/configuration/etcd_feed.h"

#include <algorithm>
#include <utility>

#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::configuration {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kScope = "edge.configuration";
constexpr std::uint64_t kPage = 256;  // keys; fewer where they are large
constexpr std::size_t kLongestKey = 1024;
constexpr std::size_t kLongestValue = std::size_t{1} << 20;
// etcd speaks every ten minutes if only to say that nothing has changed.
constexpr Duration kLongestSilence = 15min;
// A connection that held for so long has nothing to do with the next failure.
constexpr Duration kStable = 30s;

bool is_refusal(Code code) {
  return code == Code::kPermissionDenied || code == Code::kUnauthenticated ||
         code == Code::kResourceExhausted || code == Code::kInvalidArgument;
}

// Why a pair cannot be an item; "" where it can.
std::string_view why_not(const etcd::KeyValue& pair) {
  if (pair.key.size() > kLongestKey) return "its key is longer than 1024 bytes";
  if (!is_utf8(pair.key)) return "its key is not UTF-8 text";
  if (pair.value.size() > kLongestValue) return "its value is longer than 1 MiB";
  if (!is_utf8(pair.value)) return "its value is not UTF-8 text; encode bytes as base64";
  return {};
}

}  // namespace

// A state that is being read, all of it at one revision.
struct EtcdFeed::Loading {
  replica::Values values;
  std::size_t bytes = 0;
  std::string from;  // the next page's first key
  std::uint64_t page = kPage;
  std::optional<etcd::Header> header;  // of the first page
  bool more = true;
};

EtcdFeed::EtcdFeed(Loop& loop, etcd::Client& client, replica::Replica& replica,
                   EtcdFeedOptions options, OnStep on_step)
    : loop_(loop),
      client_(client),
      replica_(replica),
      options_(std::move(options)),
      range_(etcd::keys_under(options_.key_prefix)),
      on_step_(std::move(on_step)),
      must_load_(!replica.can_resume()),
      settled_(loop),
      hurry_(loop),
      short_pauses_(500ms, 30s),
      long_pauses_(1s, 5min),
      tasks_(loop, "etcd feed") {}

Task<void> EtcdFeed::run(Ctx ctx) {
  while (!ctx.cancelled()) {
    const TimePoint began = loop_.now();
    const Error error = co_await follow(ctx);
    if (ctx.cancelled()) co_return;
    ended(error, loop_.now() - began);
    Backoff& pauses = is_refusal(error.code) ? long_pauses_ : short_pauses_;
    hurry_.reset();
    DeadlineScope pause(loop_, ctx, pauses.next(loop_.random()));
    const Status hurried = co_await hurry_.wait(pause.ctx());
    if (!hurried && ctx.cancelled()) co_return;
  }
}

Task<Status> EtcdFeed::refresh(Ctx ctx) {
  const std::uint64_t number = ++asked_;
  must_load_ = true;
  hurry_.set();
  if (audit_ != nullptr) audit_->cancel();
  while (answered_ < number) {
    settled_.reset();
    auto waited = co_await settled_.wait(ctx);
    if (!waited) co_return waited;
  }
  co_return outcome_;
}

void EtcdFeed::settle(std::uint64_t asked, Status outcome) {
  answered_ = asked;
  outcome_ = std::move(outcome);
  settled_.set();
}

// Goes on until something fails; an audit that is due is none.
Task<Error> EtcdFeed::follow(Ctx ctx) {
  while (true) {
    auto ready = co_await catch_up(ctx);
    if (!ready) co_return ready.error();
    if (must_load_) continue;
    const Error error = co_await watch(ctx);
    if (error.code == Code::kOutOfRange || error.code == Code::kResourceExhausted) {
      must_load_ = true;
    }
    if (error.code != Code::kAborted) co_return error;
    must_load_ = true;
  }
}

Task<Status> EtcdFeed::catch_up(Ctx ctx) {
  if (!must_load_) {
    auto standing = co_await compare(ctx);
    if (!standing) co_return standing.error();
    if (*standing != Standing::kUnknown) co_return Status();
  }
  co_return co_await load(ctx);
}

// A restored etcd counts on from an earlier revision, perhaps under the same name.
bool EtcdFeed::is_other_history(const etcd::Header& header) const {
  return header.cluster_id != replica_.cursor().origin ||
         header.revision < replica_.cursor().revision || header.raft_term < raft_term_;
}

Task<Result<EtcdFeed::Standing>> EtcdFeed::compare(Ctx ctx) {
  const replica::Cursor& cursor = replica_.cursor();
  etcd::RangeRequest request{.range = range_,
                             .limit = 1,
                             .min_mod_revision = cursor.revision + 1,
                             .wanted = etcd::Wanted::kKeysOnly};
  auto answer = co_await client_.range(ctx, std::move(request));
  if (!answer) co_return answer.error();
  if (is_other_history(answer->header)) {
    log::warn(kScope, "etcd was restored or replaced; all values are read again",
              {{"store", options_.store},
               {"server", client_.server()},
               {"revision", std::to_string(answer->header.revision)},
               {"known_revision", std::to_string(cursor.revision)}});
    co_return Standing::kUnknown;
  }
  raft_term_ = std::max(raft_term_, answer->header.raft_term);
  live_from_ = answer->header.revision;
  if (!answer->kvs.empty()) co_return Standing::kChanged;
  if (answer->count != replica_.source_keys()) co_return Standing::kUnknown;
  live_from_ = 0;
  replica::Cursor now{cursor.origin, answer->header.revision};
  co_await replica_.confirm(std::move(now));
  co_return Standing::kSame;
}

Task<Status> EtcdFeed::load(Ctx ctx) {
  const std::uint64_t asked = asked_;
  Loading loading;
  loading.from = range_.begin;
  while (loading.more) {
    auto read = co_await load_page(ctx, &loading);
    if (!read) co_return read;
  }
  replica::Cursor cursor{loading.header->cluster_id, loading.header->revision};
  auto taken = co_await replica_.replace(std::move(loading.values), std::move(cursor));
  if (!taken) co_return taken.error();
  must_load_ = asked != asked_;
  live_from_ = 0;
  raft_term_ = loading.header->raft_term;
  took(*taken);
  settle(asked, {});
  co_return Status();
}

Task<Status> EtcdFeed::load_page(Ctx ctx, Loading* loading) {
  etcd::RangeRequest request{.range = {loading->from, range_.end},
                             .limit = loading->page,
                             .revision = loading->header ? loading->header->revision : 0};
  auto page = co_await client_.range(ctx, std::move(request));
  if (!page && page.error().code == Code::kResourceExhausted && loading->page > 1) {
    loading->page /= 4;
    co_return Status();
  }
  if (!page) co_return page.error();
  if (!loading->header) loading->header = page->header;
  if (page->header.cluster_id != loading->header->cluster_id) {
    co_return Error{Code::kUnavailable, "etcd was replaced while it was read"};
  }
  loading->more = page->more && !page->kvs.empty();
  if (loading->more) loading->from = page->kvs.back().key + std::string(1, '\0');
  for (etcd::KeyValue& pair : page->kvs) {
    auto change = change_of(std::move(pair));
    if (!change || !change->value) continue;
    loading->bytes += replica::counted(change->key, change->value);
    loading->values[std::move(change->key)] = std::move(*change->value);
  }
  co_return replica::check_room(loading->values.size(), loading->bytes, replica_.limits());
}

std::optional<replica::Change> EtcdFeed::change_of(etcd::KeyValue pair) const {
  const std::string& prefix = options_.key_prefix;
  if (!pair.key.starts_with(prefix) || pair.key.size() == prefix.size()) return std::nullopt;
  const std::string_view problem = why_not(pair);
  const bool has_text_key = pair.key.size() <= kLongestKey && is_utf8(pair.key);
  if (!problem.empty()) {
    log::error(kScope, "an item of etcd is left out",
               {{"store", options_.store},
                {"key", has_text_key ? pair.key : hex_encode(pair.key.substr(0, 100))},
                {"reason", std::string(problem)}});
  }
  if (!has_text_key) return std::nullopt;
  replica::Change change{.key = pair.key.substr(prefix.size()), .value = std::nullopt};
  if (problem.empty()) change.value = {std::move(pair.value), pair.mod_revision};
  return change;
}

Task<Error> EtcdFeed::watch(Ctx ctx) {
  auto opened = co_await client_.watch(ctx, range_, replica_.cursor().revision + 1);
  if (!opened) co_return opened.error();
  if (is_other_history((*opened)->created())) {
    co_await (*opened)->close();
    co_return Error{Code::kOutOfRange, "etcd was restored or replaced"};
  }
  if (live_from_ == 0) now_live();
  const Error error = co_await read(ctx, opened->get());
  co_await (*opened)->close();
  co_return error;
}

Task<Error> EtcdFeed::read(Ctx ctx, etcd::Watch* watch) {
  const auto spread = static_cast<std::uint64_t>(options_.audit_interval.count()) / 8;
  DeadlineScope audit(loop_, ctx,
                      options_.audit_interval + Duration(loop_.random().below(spread + 1)));
  audit_ = &audit.scope();
  const Error error = co_await read_until(ctx, watch, &audit.scope());
  audit_ = nullptr;
  co_return error;
}

Task<Error> EtcdFeed::read_until(Ctx ctx, etcd::Watch* watch, CancelScope* audit) {
  while (!must_load_) {
    DeadlineScope silence(loop_, audit->ctx(), kLongestSilence);
    auto message = co_await watch->next(silence.ctx());
    if (message) {
      auto taken = co_await take(std::move(*message));
      if (!taken) co_return taken.error();
      continue;
    }
    if (ctx.cancelled()) co_return ctx.error();
    if (audit->cancelled()) break;
    if (message.error().code != Code::kDeadlineExceeded) co_return message.error();
    co_return Error{Code::kUnavailable, "etcd has been silent for 15 minutes"};
  }
  co_return Error{Code::kAborted, "an audit is due"};
}

// The events' own revisions count: a message that catches up says the newest of the store, while
// others may follow.
Task<Status> EtcdFeed::take(etcd::WatchMessage message) {
  replica::Cursor cursor = replica_.cursor();
  if (message.events.empty()) {
    cursor.revision = std::max(cursor.revision, message.header.revision);
    co_await replica_.confirm(std::move(cursor));
    now_live();
    co_return Status();
  }
  std::vector<replica::Change> changes;
  for (etcd::Event& event : message.events) {
    cursor.revision = std::max(cursor.revision, event.kv.mod_revision);
    const bool deleted = event.deleted;
    auto change = change_of(std::move(event.kv));
    if (!change) continue;
    if (deleted) change->value.reset();
    changes.push_back(std::move(*change));
  }
  auto taken = co_await replica_.apply(std::move(changes), std::move(cursor));
  if (!taken) co_return taken.error();
  took(*taken);
  if (message.header.revision >= live_from_) now_live();
  co_return Status();
}

void EtcdFeed::took(const replica::Applied& step) {
  if (!step->differences.empty() || step->guard) on_step_(*step);
}

void EtcdFeed::now_live() {
  if (std::exchange(live_, true)) return;
  last_error_.clear();
  log::info(kScope, "the store follows etcd",
            {{"store", options_.store},
             {"server", client_.server()},
             {"prefix", options_.key_prefix},
             {"keys", std::to_string(replica_.source_keys())},
             {"revision", std::to_string(replica_.cursor().revision)}});
}

void EtcdFeed::ended(const Error& error, Duration lasted) {
  if (lasted >= kStable) {
    short_pauses_.reset();
    long_pauses_.reset();
  }
  live_ = false;
  if (error.message != last_error_) {
    log::warn(
        kScope,
        replica_.has_state() ? "etcd cannot be followed; the last known values are served"
                             : "etcd cannot be read, and nothing was read before",
        {{"store", options_.store}, {"prefix", options_.key_prefix}, {"error", error.message}});
  }
  last_error_ = error.message;
  if (answered_ < asked_) settle(asked_, error);
}

}  // namespace edge::configuration
