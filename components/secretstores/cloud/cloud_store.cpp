#include "components/secretstores/cloud/cloud_store.h"

#include <algorithm>
#include <utility>

#include "components/secretstores/secret_codec.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::secrets {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kScope = "edge.secrets.replica";
constexpr std::size_t kLongestName = 2048;  // an ARN
// For so long nobody asks again for what is not there.
constexpr Duration kAbsenceLasts = 30s;
constexpr Duration kNoteClockEvery = 1h;
constexpr Duration kWarnEvery = 1min;

Error not_found(const std::string& name) {
  return {Code::kNotFound, "couldn't get secret: secret " + name + " not found"};
}

Error not_got(const std::string& name, const Error& why) {
  if (name == kListing) return why.within("couldn't list secrets");
  return why.within("couldn't get secret: " + name);
}

Freshness least(const Freshness& a, const Freshness& b) {
  return {a.live && b.live, a.stale || b.stale, std::min(a.as_of, b.as_of)};
}

}  // namespace

CloudStore::CloudStore(const components::Context& context, std::unique_ptr<Upstream> upstream)
    : context_(context),
      upstream_(std::move(upstream)),
      tasks_(context_.loop, "copies of " + context_.name) {}

CloudStore::~CloudStore() = default;

std::vector<Feature> CloudStore::features() const {
  return upstream_->multi_valued() ? std::vector{Feature::kMultiValued} : std::vector<Feature>();
}

Task<Status> CloudStore::init(Ctx ctx) {
  if (auto configured = upstream_->configure(); !configured) co_return configured;
  auto options = read_cloud_options(context_);
  if (!options) co_return std::move(options).error();
  context_.metadata.clear();  // of what is secret there
  policy_ = options->policy;
  changes_ = std::move(options->changes);
  copies_ = std::make_unique<SealedCopies>(context_, upstream_->scope());
  auto opened = co_await copies_->open(ctx, std::move(options->files));
  if (!opened) {
    co_await copies_->close();
    co_return opened;
  }
  fetcher_ = std::make_unique<Fetcher>(context_, *upstream_, *copies_, policy_);
  fetcher_->plan_all();
  tasks_.spawn(keep_fresh(tasks_.ctx()));
  co_return Status();
}

Task<void> CloudStore::close() {
  co_await tasks_.close();
  co_await fetcher_->close();
  co_await copies_->close();
}

Task<Result<Secret>> CloudStore::get(Ctx ctx, std::string name) {
  RequestMetadata none;
  auto reading = co_await read(ctx, std::move(name), std::move(none));
  if (!reading) co_return std::move(reading).error();
  co_return std::move(reading->secret);
}

Task<Result<Secrets>> CloudStore::get_all(Ctx ctx) {
  auto reading = co_await read_all(ctx);
  if (!reading) co_return std::move(reading).error();
  co_return std::move(reading->secrets);
}

Task<Result<SecretReading>> CloudStore::read(Ctx ctx, std::string name, RequestMetadata metadata) {
  if (name.empty() || name.size() > kLongestName || !is_utf8(name)) {
    co_return Error{Code::kInvalidArgument, "a secret's name is text of 1 to 2048 bytes"};
  }
  if (!upstream_->means_current(metadata)) {
    co_return co_await read_through(ctx, std::move(name), std::move(metadata));
  }
  auto there = co_await obtain(ctx, name);
  if (!there) co_return std::move(there).error();
  co_return reading_of(name);
}

Task<Result<SecretReading>> CloudStore::read_through(Ctx ctx, std::string name,
                                                     RequestMetadata metadata) {
  auto fetched = co_await upstream_->read(ctx, name, std::move(metadata));
  if (!fetched) co_return not_got(name, fetched.error());
  const Freshness fresh{.live = true, .stale = false, .as_of = context_.loop.wall_now()};
  co_return SecretReading{std::move(fetched->secret), fresh};
}

Task<Result<SecretsReading>> CloudStore::read_all(Ctx ctx) {
  auto there = co_await obtain(ctx, std::string(kListing));
  if (!there) co_return std::move(there).error();
  auto listing = reading_of(std::string(kListing));
  if (!listing) co_return std::move(listing).error();
  std::vector<std::string> names;
  for (const auto& [name, nothing] : listing->secret) names.push_back(name);
  there = co_await obtain_all(ctx, &names);
  if (!there) co_return std::move(there).error();
  SecretsReading all{.secrets = {}, .freshness = listing->freshness};
  for (const std::string& name : names) {
    auto one = reading_of(name);
    if (!one && one.error().code == Code::kNotFound) continue;
    if (!one) co_return std::move(one).error();
    all.freshness = least(*all.freshness, *one->freshness);
    all.secrets.emplace(name, std::move(one->secret));
  }
  co_return all;
}

CloudStore::Verdict CloudStore::judge(const std::string& name, Source source) {
  const Held* held = copies_->find(name);
  if (held == nullptr) return Verdict::kAsk;
  const Duration age = copies_->age_of(*held);
  if (held->copy.kind == CopyKind::kAbsence) {
    const bool unreachable = source == Source::kUnreachable;
    const Duration lasts = unreachable ? policy_.max_stale_offline : kAbsenceLasts;
    return age <= lasts ? Verdict::kMissing : Verdict::kAsk;
  }
  const bool ended = standing_of(age, fetcher_->heard(name), policy_) == Standing::kEnded;
  const bool denied = ended && policy_.on_expired == OnExpired::kDeny;
  return denied ? Verdict::kAsk : Verdict::kServe;
}

Error CloudStore::lease_ended(const std::string& name, const Error& why) {
  const Held* held = copies_->find(name);
  if (held == nullptr || held->copy.kind == CopyKind::kAbsence) return why;
  return {Code::kFailedPrecondition,
          "the lease of its copy, last known to be so at " + to_rfc3339(held->known_as_of) +
              ", has ended, and it cannot be read again: " + why.message};
}

// What follows from an attempt to read it.
Status CloudStore::settle(const std::string& name, const Status& fetched) {
  if (fetched) return {};
  const Error& why = fetched.error();
  if (why.code == Code::kNotFound) return not_got(name, why);
  const Source source = why.code == Code::kUnavailable ? Source::kUnreachable : Source::kNotAsked;
  switch (judge(name, source)) {
    case Verdict::kServe:
      return {};
    case Verdict::kMissing:
      return not_found(name);
    case Verdict::kAsk:
      break;
  }
  return not_got(name, lease_ended(name, why));
}

Task<Status> CloudStore::obtain(Ctx ctx, std::string name) {
  const Verdict verdict = judge(name, Source::kNotAsked);
  if (verdict == Verdict::kServe) co_return Status();
  if (verdict == Verdict::kMissing) co_return not_found(name);
  const Status fetched = co_await fetcher_->fetch(ctx, name);
  co_return settle(name, fetched);
}

Task<Status> CloudStore::obtain_all(Ctx ctx, const std::vector<std::string>* names) {
  std::vector<std::pair<std::string, Fetcher::FlightPtr>> asked;
  for (const std::string& name : *names) {
    if (judge(name, Source::kNotAsked) != Verdict::kAsk) continue;
    asked.emplace_back(name, fetcher_->begin(name));
  }
  for (const auto& [name, flight] : asked) {
    auto waited = co_await flight->landed.wait(ctx);
    if (!waited) co_return waited;
    auto settled = settle(name, flight->outcome);
    if (!settled && settled.error().code != Code::kNotFound) co_return settled;
  }
  co_return Status();
}

Freshness CloudStore::freshness_of(const std::string& name, const Held& held) {
  const Heard heard = fetcher_->heard(name);
  const bool fresh = standing_of(copies_->age_of(held), heard, policy_) == Standing::kFresh;
  const bool stale = !fresh || heard == Heard::kRefusal;
  return {.live = !stale && fetcher_->link() == Fetcher::Link::kUp,
          .stale = stale,
          .as_of = held.known_as_of};
}

// Once a minute: it may be read often.
void CloudStore::warn_of_overrun(const std::string& name, const Held& held) {
  const TimePoint now = context_.loop.now();
  if (warned_ && now - *warned_ < kWarnEvery) return;
  warned_ = now;
  log::warn(kScope, "a copy of a secret is served though its lease has ended",
            {{"store", context_.name}, {"secret", name}, {"asof", to_rfc3339(held.known_as_of)}});
}

Result<SecretReading> CloudStore::reading_of(const std::string& name) {
  const Held* held = copies_->find(name);
  if (held == nullptr || held->copy.kind == CopyKind::kAbsence) return not_found(name);
  auto values = copies_->open(*held);
  if (!values) return not_got(name, values.error());
  const Standing standing = standing_of(copies_->age_of(*held), fetcher_->heard(name), policy_);
  if (standing == Standing::kEnded) warn_of_overrun(name, *held);
  return SecretReading{std::move(*values), freshness_of(name, *held)};
}

Task<Result<std::size_t>> CloudStore::refresh(Ctx ctx) {
  std::vector<Fetcher::FlightPtr> flights;
  for (const auto& [name, held] : copies_->all()) {
    if (held.copy.kind != CopyKind::kAbsence) flights.push_back(fetcher_->begin(name));
  }
  Status first;
  for (const Fetcher::FlightPtr& flight : flights) {
    auto waited = co_await flight->landed.wait(ctx);
    if (!waited) co_return waited.error();
    const bool gone = !flight->outcome && flight->outcome.error().code == Code::kNotFound;
    if (first && !flight->outcome && !gone) first = flight->outcome;
  }
  if (!first) co_return std::move(first).error();
  co_return flights.size();
}

Task<Result<std::size_t>> CloudStore::purge(Ctx ctx, std::vector<std::string> names) {
  if (ctx.cancelled()) co_return ctx.error();
  if (std::ranges::find(names, "*") != names.end()) {
    names.clear();
    for (const auto& [name, held] : copies_->all()) names.push_back(name);
  }
  std::erase_if(names, [this](const auto& name) { return copies_->find(name) == nullptr; });
  const auto count =
      std::ranges::count_if(names, [](const std::string& name) { return name != kListing; });
  fetcher_->discard_flights();
  for (const std::string& name : names) fetcher_->forget(name);
  auto forgotten = co_await copies_->forget(std::move(names));
  if (!forgotten) co_return std::move(forgotten).error();
  log::info(kScope, "copies of secrets are forgotten",
            {{"store", context_.name}, {"secrets", std::to_string(count)}});
  co_return static_cast<std::size_t>(count);
}

void CloudStore::on_change(std::function<void(SecretChange)> observer) {
  fetcher_->on_change(std::move(observer));
}

Task<void> CloudStore::read_due(Ctx ctx) {
  const std::vector<Fetcher::FlightPtr> flights = fetcher_->begin_due();
  for (const Fetcher::FlightPtr& flight : flights) {
    auto landed = co_await flight->landed.wait(ctx);
    if (!landed) co_return;
  }
}

Task<void> CloudStore::keep_fresh(Ctx ctx) {
  Loop& loop = context_.loop;
  TimePoint noted = loop.now();
  while (!ctx.cancelled()) {
    fetcher_->replanned().reset();
    const auto due = fetcher_->next_due();
    const TimePoint wake = std::min(due ? due->when : TimePoint::max(), noted + kNoteClockEvery);
    if (wake > loop.now()) {
      DeadlineScope until(loop, ctx, wake - loop.now());
      auto changed = co_await fetcher_->replanned().wait(until.ctx());
      if (changed) continue;
    } else if (due && due->when <= loop.now()) {
      co_await read_due(ctx);
    } else {
      if (!copies_->all().empty()) co_await copies_->note_clock();
      noted = loop.now();
    }
  }
}

}  // namespace edge::secrets
