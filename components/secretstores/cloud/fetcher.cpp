#include "components/secretstores/cloud/fetcher.h"

#include <algorithm>
#include <utility>

#include "components/secretstores/secret_codec.h"
#include "edge/base/log.h"

namespace edge::secrets {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kScope = "edge.secrets.replica";
constexpr std::size_t kLines = 8;  // readings at a time
constexpr int kAttempts = 3;
// So long nobody waits again for what cannot be reached.
constexpr Duration kFailFast = 3s;
constexpr Duration kStartSpread = 30s;
constexpr Duration kRewriteAtMost = 6h;

bool is_answer(Code code) {
  return code != Code::kUnavailable && code != Code::kCancelled && code != Code::kAborted;
}

}  // namespace

Fetcher::Fetcher(const components::Context& context, Upstream& upstream, SealedCopies& copies,
                 const LeasePolicy& policy)
    : loop_(context.loop),
      store_(context.name),
      upstream_(upstream),
      copies_(copies),
      policy_(policy),
      lines_(loop_, kLines),
      replanned_(loop_),
      tasks_(loop_, "secrets of " + store_) {}

Fetcher::FlightPtr Fetcher::begin(const std::string& name) {
  FlightPtr& flight = flights_[name];
  if (flight) return flight;
  flight = std::make_shared<Flight>(loop_);
  FlightPtr begun = flight;
  tasks_.spawn(fly(name, begun));
  return begun;
}

Task<Status> Fetcher::fetch(Ctx ctx, std::string name) {
  if (link_ == Link::kDown && loop_.now() - down_since_ < kFailFast) co_return last_failure_;
  const FlightPtr flight = begin(name);
  auto waited = co_await flight->landed.wait(ctx);
  if (!waited) co_return waited;
  co_return flight->outcome;
}

Task<void> Fetcher::fly(std::string name, FlightPtr flight) {
  const Ctx ctx = tasks_.ctx();
  auto line = co_await lines_.acquire(ctx);
  if (line) {
    const Permit permit(lines_);
    flight->outcome = co_await bring(ctx, name);
  } else {
    flight->outcome = line;
  }
  flights_.erase(name);
  landed(name, flight->outcome);
  flight->landed.set();
}

// What was read before a purge is not kept after it.
Task<Status> Fetcher::bring(Ctx ctx, std::string name) {
  Status outcome;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::uint64_t purges = purges_;
    outcome = co_await bring_once(ctx, name);
    if (purges == purges_) break;
  }
  co_return outcome;
}

Task<Status> Fetcher::bring_once(Ctx ctx, const std::string& name) {
  return name == kListing ? bring_listing(ctx) : bring_secret(ctx, name);
}

Task<Status> Fetcher::bring_secret(Ctx ctx, std::string name) {
  const std::uint64_t purges = purges_;
  RequestMetadata none;
  auto fetched = co_await upstream_.read(ctx, name, std::move(none));
  heard_from(fetched ? Status() : Status(fetched.error()));
  if (!fetched && fetched.error().code == Code::kNotFound) {
    co_return co_await note_absence(std::move(name), fetched.error());
  }
  if (!fetched) co_return fetched.error();
  SealedCopies::Reading reading{.name = std::move(name),
                                .kind = CopyKind::kSecret,
                                .version = std::move(fetched->version),
                                .values = std::move(fetched->secret)};
  if (purges == purges_) co_return co_await keep(std::move(reading));
  wipe(reading.values);
  co_return Error{Code::kAborted, "copies were forgotten while it was read"};
}

Task<Status> Fetcher::bring_listing(Ctx ctx) {
  auto names = co_await upstream_.list(ctx);
  heard_from(names ? Status() : Status(names.error()));
  if (!names) co_return names.error();
  SealedCopies::Reading reading{.name = std::string(kListing), .kind = CopyKind::kListing};
  for (std::string& name : *names) reading.values.emplace(std::move(name), "");
  co_return co_await keep(std::move(reading));
}

Task<Status> Fetcher::keep(SealedCopies::Reading reading) {
  const auto* before = copies_.find(reading.name);
  const bool is_other = before != nullptr && before->copy.kind == CopyKind::kSecret &&
                        before->copy.version != reading.version;
  if (is_other) {
    log::info(kScope, "a secret has a new version",
              {{"store", store_}, {"secret", reading.name}, {"version", reading.version}});
  }
  SecretChange change{reading.name, reading.version};
  auto kept = co_await copies_.keep(std::move(reading), rewrite_after());
  if (kept && is_other) tell(std::move(change));
  co_return kept;
}

void Fetcher::tell(SecretChange change) const {
  if (on_change_) on_change_(std::move(change));
}

// That there is none is kept as well: without the upstream it is known then.
Task<Status> Fetcher::note_absence(std::string name, Error why) {
  const auto* before = copies_.find(name);
  const bool was_there = before != nullptr && before->copy.kind == CopyKind::kSecret;
  if (was_there) {
    log::warn(kScope, "a secret is gone; its copy is forgotten",
              {{"store", store_}, {"secret", name}, {"reason", why.message}});
  }
  SecretChange change{.name = name, .version = {}};
  SealedCopies::Reading absence{.name = std::move(name), .kind = CopyKind::kAbsence};
  auto kept = co_await copies_.keep(std::move(absence), rewrite_after());
  if (!kept) co_return kept;
  if (was_there) tell(std::move(change));
  co_return why;
}

void Fetcher::heard_from(const Status& outcome) {
  const Code code = outcome ? Code::kUnknown : outcome.error().code;
  if (code == Code::kCancelled) return;
  const Link before = std::exchange(link_, is_answer(code) ? Link::kUp : Link::kDown);
  if (link_ == Link::kUp) {
    link_pauses_.reset();
    if (before == Link::kDown) log::info(kScope, "secrets are read again", {{"store", store_}});
    return;
  }
  last_failure_ = outcome.error();
  down_since_ = loop_.now();
  retry_ = down_since_ + link_pauses_.next(loop_.random());
  if (before == Link::kDown) return;
  log::warn(kScope, "secrets cannot be read; copies are served as long as their lease lasts",
            {{"store", store_}, {"error", last_failure_.message}});
}

void Fetcher::landed(const std::string& name, const Status& outcome) {
  const auto* held = copies_.find(name);
  replanned_.set();
  if (held == nullptr || held->copy.kind == CopyKind::kAbsence) {
    plans_.erase(name);
    return;
  }
  Plan& plan = plans_[name];
  if (outcome) {
    plan.heard = Heard::kValue;
    plan.pauses.reset();
    plan.due = loop_.now() + refresh_after(policy_, loop_.random());
    return;
  }
  if (!is_answer(outcome.error().code)) return;
  plan.due = loop_.now() + plan.pauses.next(loop_.random());
  if (std::exchange(plan.heard, Heard::kRefusal) == Heard::kRefusal) return;
  log::error(kScope, "a secret is refused; its copy is served for maxStaleOnline at most",
             {{"store", store_}, {"secret", name}, {"error", outcome.error().message}});
}

void Fetcher::plan_all() {
  const auto spread =
      static_cast<std::uint64_t>(std::min(kStartSpread, policy_.refresh / 10).count());
  for (const auto& [name, held] : copies_.all()) {
    if (held.copy.kind == CopyKind::kAbsence) continue;
    plans_[name].due = loop_.now() + Duration(loop_.random().below(spread + 1));
  }
}

std::optional<Fetcher::Due> Fetcher::next_due() const {
  const auto first =
      std::ranges::min_element(plans_, {}, [](const auto& entry) { return entry.second.due; });
  if (first == plans_.end()) return std::nullopt;
  const TimePoint earliest = link_ == Link::kDown ? retry_ : TimePoint::min();
  return Due{first->first, std::max(first->second.due, earliest)};
}

// One alone finds out whether the link is up again; what is refused has its own pauses.
std::vector<Fetcher::FlightPtr> Fetcher::begin_due() {
  std::vector<std::string> names;
  const auto first = next_due();
  if (first && first->when <= loop_.now()) names.push_back(first->name);
  const TimePoint soon = loop_.now() + policy_.refresh / 10;
  for (const auto& [name, plan] : plans_) {
    if (names.empty() || names.size() == kLines || link_ == Link::kDown) break;
    const bool is_due = plan.due <= (plan.heard == Heard::kRefusal ? loop_.now() : soon);
    if (is_due && name != first->name) names.push_back(name);
  }
  std::vector<FlightPtr> begun;
  for (const std::string& name : names) begun.push_back(begin(name));
  return begun;
}

Heard Fetcher::heard(std::string_view name) const {
  const auto found = plans_.find(name);
  return found == plans_.end() ? Heard::kNothing : found->second.heard;
}

// A lease that is judged by the disk after a restart may end so much too early.
Duration Fetcher::rewrite_after() const {
  return std::min(kRewriteAtMost, policy_.max_stale_offline / 16);
}

}  // namespace edge::secrets
