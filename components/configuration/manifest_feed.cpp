#include "components/configuration/manifest_feed.h"

#include <algorithm>
#include <utility>

#include "components/replica/guard.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/net/tls/hmac.h"

namespace edge::configuration {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kScope = "edge.configuration";
constexpr std::size_t kMostSources = 256;
constexpr Duration kRefreshLimit = 10s;
constexpr Duration kPauseAfterFault = 1min;
constexpr Duration kPatience = 5s;  // with what was asked for

std::string hash_of(std::string_view text) {
  return hex_encode(tls::sha256(text));
}

}  // namespace

ManifestFeed::ManifestFeed(Loop& loop, components::Cloud& cloud, replica::Replica& replica,
                           ManifestFeedOptions options, OnStep on_step)
    : loop_(loop),
      cloud_(cloud),
      replica_(replica),
      options_(std::move(options)),
      on_step_(std::move(on_step)),
      pauses_(kPatience, 5min),
      changed_(loop),
      settled_(loop),
      tasks_(loop, "manifest feed") {}

void ManifestFeed::start() {
  cloud_.attach(*this);
  next_audit_ = loop_.now() + options_.audit_interval;
  if (options_.kind == LayerKind::kForAll) {
    add_source("");
  } else {
    follow(options_.kind == LayerKind::kByLane ? cloud_.lanes() : options_.names);
  }
  tasks_.spawn(run(tasks_.ctx()));
}

Task<void> ManifestFeed::close() {
  cloud_.leave(*this);
  co_await tasks_.close();
}

Refusal ManifestFeed::refusal() const {
  Refusal all{.count = refusals_};
  for (const auto& [topic, source] : sources_) {
    if (!source.refused.empty() && all.reason.empty()) all.reason = source.problem;
  }
  return all;
}

// Of these lanes or devices, and no others.
void ManifestFeed::follow(const std::vector<std::string>& names) {
  std::map<std::string, Source> old = std::exchange(sources_, {});
  for (const std::string& name : names) {
    const std::string topic = manifest_topic(options_.layer + "-" + name);
    auto known = old.extract(topic);
    if (known.empty()) {
      add_source(name);
    } else {
      sources_.insert(std::move(known));
    }
  }
  for (auto& [topic, source] : old) {
    forget_coming(source);
    cloud_.drop(*this, topic);
  }
  note();
}

void ManifestFeed::add_source(const std::string& name) {
  if (sources_.size() >= kMostSources) {
    log::error(kScope, "a layer is not followed: there are more than 256",
               {{"store", options_.store}, {"layer", options_.layer + "-" + name}});
    return;
  }
  Source source;
  source.layer = options_.layer + (name.empty() ? "" : "-" + name);
  source.prefix = name.empty() ? "" : name + "/";
  const auto before = replica_.source_value(source.prefix + std::string(replica::kManifestKey));
  if (before) {
    const auto manifest = replica::read_manifest(source.layer, before->text, nullptr);
    source.accepted = manifest ? manifest->issue : replica::Issue();
  }
  const std::string topic = manifest_topic(source.layer);
  sources_[topic] = std::move(source);
  cloud_.ask(*this, topic);
}

void ManifestFeed::linked() {
  linked_ = true;
  pauses_.reset();
  next_try_ = loop_.now() + kPatience;
  for (auto& [topic, source] : sources_) {
    source.heard = false;
    if (source.refused.empty()) source.problem.clear();
  }
  note();
}

void ManifestFeed::unlinked(const std::string& why) {
  linked_ = false;
  if (!why.empty()) last_error_ = "there is no connection to the cloud: " + why;
  note();
}

void ManifestFeed::denied(const std::string& topic) {
  last_error_ = "the broker refuses a subscription to " + topic + "; check its access list";
  log::error(kScope, "a layer cannot be read from the broker",
             {{"store", options_.store}, {"error", last_error_}});
  const auto found = sources_.find(topic);
  if (found != sources_.end()) found->second.problem = last_error_;
  note();
}

void ManifestFeed::lanes_changed() {
  if (options_.kind == LayerKind::kByLane) follow(cloud_.lanes());
}

void ManifestFeed::received(const std::string& topic, const std::string& payload) {
  const auto found = sources_.find(topic);
  if (found == sources_.end()) return chunk_came(topic, payload);
  announced(found->second, payload);
  note();
}

void ManifestFeed::announced(Source& source, const std::string& payload) {
  if (payload.empty()) {
    log::warn(kScope, "a layer's manifest was taken away; its last known values are served",
              {{"store", options_.store}, {"layer", source.layer}});
    source.heard = false;
    return;
  }
  source.heard = true;
  auto said = read_announcement(source.layer, payload, options_.trust);
  Status fine = said ? Status() : Status(said.error());
  if (fine && source.accepted) {
    fine = check_order(source.layer, said->manifest.issue, *source.accepted);
  }
  if (fine) fine = expect(source, std::move(*said));
  if (!fine) refuse(source, payload, fine.error());
}

// What is there already need not come.
Status ManifestFeed::expect(Source& source, Announcement said) {
  const auto has = replica_.source_value(source.prefix + std::string(replica::kManifestKey));
  if (has && has->text == said.text && !source.taking) {
    forget_coming(source);
    source.settle();
    confirmed_ = true;
    return {};
  }
  if (source.coming && source.coming->said.text == said.text) return {};
  forget_coming(source);
  Coming coming{.said = std::move(said)};
  for (const std::string& hash : coming.said.chunks) {
    coming.missing[chunk_topic(source.layer, hash)] = hash;
  }
  source.coming = std::move(coming);
  if (source.refused.empty()) source.problem.clear();
  pauses_.reset();
  next_try_ = loop_.now() + kPatience;
  // A broker may answer within ask().
  for (const auto& [topic, hash] : std::map(source.coming->missing)) cloud_.ask(*this, topic);
  return source.coming && source.coming->missing.empty() ? check_whole(source) : Status();
}

Status ManifestFeed::check_whole(Source& source) const {
  const Announcement& said = source.coming->said;
  if (replica::digest_of(said.items) == said.manifest.sha256) return {};
  return Error{Code::kPermissionDenied,
               "layer " + source.layer + ": its items are not those of its manifest"};
}

void ManifestFeed::forget_coming(Source& source) {
  if (!source.coming) return;
  const Coming coming = std::move(*source.coming);
  source.coming.reset();
  for (const auto& [topic, hash] : coming.missing) cloud_.drop(*this, topic);
}

// A chunk that is another, as after a publisher's mistake, is as good as one that did not come.
void ManifestFeed::chunk_came(const std::string& topic, const std::string& payload) {
  for (auto& [manifest, source] : sources_) {
    if (!source.coming) continue;
    Coming& coming = *source.coming;
    const auto found = coming.missing.find(topic);
    if (found == coming.missing.end() || payload.empty()) continue;
    if (hash_of(payload) != found->second) {
      note_bad_chunk(source, topic);
      continue;
    }
    coming.missing.erase(found);
    cloud_.drop(*this, topic);
    auto fine =
        read_chunk(source.layer, payload, coming.said.manifest.issue.rev, coming.said.items);
    coming.bytes += payload.size();
    if (fine) fine = check_room(coming.said.items.size(), coming.bytes, replica_.limits());
    if (fine && coming.missing.empty()) fine = check_whole(source);
    if (!fine) refuse(source, coming.said.text, fine.error());
  }
  note();
}

void ManifestFeed::note_bad_chunk(Source& source, const std::string& topic) {
  const bool is_first = source.problem.empty();
  source.problem = "layer " + source.layer + ": the chunk at " + topic +
                   " has another SHA-256 than its manifest says";
  last_error_ = source.problem;
  if (!is_first) return;
  log::error(kScope, "a chunk is refused; what was served before stays",
             {{"store", options_.store}, {"reason", source.problem}});
}

// What is refused again, with each connection, is said once.
void ManifestFeed::refuse(Source& source, const std::string& payload, const Error& why) {
  const std::string digest = hash_of(payload);
  forget_coming(source);
  source.problem = why.message;
  last_error_ = why.message;
  if (std::exchange(source.refused, digest) == digest) return;
  ++refusals_;
  log::error(kScope, "a revision is refused; what was served before stays",
             {{"component", options_.store + "/" + source.layer}, {"reason", why.message}});
  on_step_(replica::Step());
}

std::optional<std::string> ManifestFeed::next_whole() const {
  for (const auto& [topic, source] : sources_) {
    if (source.coming && source.coming->missing.empty()) return topic;
  }
  return std::nullopt;
}

Task<void> ManifestFeed::run(Ctx ctx) {
  while (!ctx.cancelled()) {
    changed_.reset();
    if (auto topic = next_whole()) {
      co_await take(std::move(*topic));
      continue;
    }
    if (std::exchange(confirmed_, false)) {
      replica::Cursor cursor = replica_.cursor();
      co_await replica_.confirm(std::move(cursor));
    }
    const TimePoint now = loop_.now();
    Duration pause = next_audit_ - now;
    if (linked_ && !overdue().empty()) pause = std::min(pause, next_try_ - now);
    DeadlineScope limit(loop_, ctx, std::max(pause, Duration::zero()));
    const Status woken = co_await changed_.wait(limit.ctx());
    if (!woken && !ctx.cancelled()) ask_again();
  }
}

Task<void> ManifestFeed::take(std::string topic) {
  Source& source = sources_.at(topic);
  Announcement said = std::move(source.coming->said);
  source.coming.reset();
  source.taking = true;
  const replica::Issue issue = said.manifest.issue;
  replica::Values part;
  for (auto& [key, value] : said.items) part[source.prefix + key] = std::move(value);
  part[source.prefix + std::string(replica::kManifestKey)] = {said.text, issue.rev};
  replica::Values all = replica_.source_with(source.prefix, std::move(part));
  replica::Cursor cursor{std::to_string(issue.epoch), issue.rev};
  auto done = co_await replica_.replace(std::move(all), std::move(cursor));
  took(topic, said, done);
}

void ManifestFeed::took(const std::string& topic, const Announcement& said,
                        const Result<replica::Applied>& done) {
  const auto found = sources_.find(topic);
  if (found != sources_.end()) {
    Source& source = found->second;
    source.taking = false;
    if (done) {
      source.accepted = said.manifest.issue;
      source.settle();
    } else {
      refuse(source, said.text, done.error());
      next_audit_ = std::min(next_audit_, loop_.now() + kPauseAfterFault);
    }
  }
  if (done) {
    pauses_.reset();
    if (!(*done)->differences.empty() || (*done)->guard) on_step_(**done);
  }
  note();
}

bool ManifestFeed::is_settled(const Source& source) const {
  return !source.coming && !source.taking && source.problem.empty() &&
         (source.heard || !source.accepted);
}

// What should be there and is not; "" where nothing is missed.
std::string ManifestFeed::overdue() const {
  for (const auto& [topic, source] : sources_) {
    if (source.coming && !source.coming->missing.empty()) {
      return "layer " + source.layer + ": " + std::to_string(source.coming->missing.size()) +
             " of " + std::to_string(source.coming->said.chunks.size()) +
             " chunks of its manifest have not come";
    }
    if (!source.heard && source.accepted) return "the broker has no manifest at " + topic;
  }
  return {};
}

void ManifestFeed::ask_again() {
  const bool audit = loop_.now() >= next_audit_;
  next_try_ = loop_.now() + pauses_.next(loop_.random());
  if (audit) {
    const auto spread = static_cast<std::uint64_t>(options_.audit_interval.count()) / 8;
    next_audit_ =
        loop_.now() + options_.audit_interval + Duration(loop_.random().below(spread + 1));
  }
  if (!linked_) return;
  const std::string missed = overdue();
  if (!missed.empty() && missed != last_error_) {
    log::warn(kScope, "a layer is not complete at the broker; the last known values are served",
              {{"store", options_.store}, {"error", missed}});
    last_error_ = missed;
  }
  std::vector<std::string> topics;
  for (const auto& [topic, source] : sources_) {
    if (audit || (!source.heard && source.accepted)) topics.push_back(topic);
    if (!source.coming) continue;
    for (const auto& [chunk, hash] : source.coming->missing) topics.push_back(chunk);
  }
  for (const std::string& topic : topics) cloud_.ask(*this, topic);
}

// Something has happened.
void ManifestFeed::note() {
  const bool live = linked_ && std::ranges::all_of(sources_, [this](const auto& entry) {
                      return is_settled(entry.second);
                    });
  changed_.set();
  if (live) settled_.set();
  if (std::exchange(live_, live) == live) return;
  if (!live && !linked_) {
    log::warn(kScope, "the cloud cannot be followed; the last known values are served",
              {{"store", options_.store}, {"layer", options_.layer}, {"error", last_error_}});
  }
  if (!live) return;
  last_error_.clear();
  log::info(kScope, "the store follows the cloud",
            {{"store", options_.store},
             {"layer", options_.layer},
             {"keys", std::to_string(replica_.source_keys())},
             {"revision", std::to_string(replica_.cursor().revision)}});
}

Task<Status> ManifestFeed::refresh(Ctx ctx) {
  if (!linked_) {
    co_return Error{Code::kUnavailable,
                    last_error_.empty() ? "there is no connection to the cloud yet" : last_error_};
  }
  for (auto& [topic, source] : sources_) source.heard = false;
  next_audit_ = loop_.now();
  settled_.reset();
  note();
  ask_again();
  if (live_) co_return Status();
  settled_.reset();
  DeadlineScope limit(loop_, ctx, kRefreshLimit);
  auto waited = co_await settled_.wait(limit.ctx());
  if (waited) co_return waited;
  if (ctx.cancelled()) co_return ctx.error();
  const std::string missed = overdue();
  co_return Error{Code::kUnavailable, missed.empty() ? last_error_ : missed};
}

}  // namespace edge::configuration
