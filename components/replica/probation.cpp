#include "components/replica/probation.h"

#include <utility>

#include "edge/base/log.h"

namespace edge::replica {
namespace {

constexpr std::string_view kScope = "edge.configuration";
constexpr Duration kPause = std::chrono::seconds(1);

}  // namespace

Probation::Probation(Loop& loop, Replica& replica, ProbationOptions options, OnStep on_step)
    : loop_(loop),
      replica_(replica),
      options_(std::move(options)),
      on_step_(std::move(on_step)),
      changed_(loop),
      tasks_(loop, "probation") {}

void Probation::suspect(const std::string& app) {
  if (replica_.guard().standing != Standing::kOnProbation) return;
  suspect_ = app;
  changed_.set();
}

Task<void> Probation::run(Ctx ctx) {
  while (!ctx.cancelled()) {
    changed_.reset();
    const std::uint64_t trial = replica_.trial();
    if (replica_.guard().standing != Standing::kOnProbation) {
      suspect_.clear();
      auto stepped = co_await changed_.wait(ctx);
      if (!stepped) co_return;
      continue;
    }
    DeadlineScope limit(loop_, ctx, options_.length);
    while (suspect_.empty() && replica_.trial() == trial) {
      auto woken = co_await changed_.wait(limit.ctx());
      if (!woken) break;
      changed_.reset();
    }
    if (ctx.cancelled()) co_return;
    const bool goes_on = suspect_.empty() && replica_.trial() != trial;
    if (!goes_on) co_await judge(ctx);
  }
}

// What was well with what was proven before, and is not now.
std::string Probation::complaint(const std::string& suspect) const {
  if (!suspect.empty()) return "the app " + suspect + " has become unhealthy";
  for (const std::string& app : replica_.guard().witnesses) {
    if (options_.health.is_unwell(app)) return "the app " + app + " was healthy before and is not";
  }
  return {};
}

Task<Result<Applied>> Probation::carry_out(std::string reason) {
  const std::uint64_t trial = replica_.trial();
  if (reason.empty()) co_return co_await replica_.prove(trial);
  co_return co_await replica_.roll_back(trial, std::move(reason));
}

Task<void> Probation::judge(Ctx ctx) {
  std::string suspect = std::exchange(suspect_, {});
  const std::string reason = complaint(suspect);
  const std::string revision = std::to_string(replica_.cursor().revision);
  auto done = co_await carry_out(reason);
  if (!done && done.error().code == Code::kAborted) co_return;
  if (!done) {
    log::error(
        kScope, "the end of a probation cannot be kept; it is tried again",
        {{"component", options_.name}, {"revision", revision}, {"error", done.error().message}});
    suspect_ = std::move(suspect);
    auto slept = co_await sleep_for(loop_, ctx, kPause);
    if (!slept) log::debug(kScope, "a probation ends with the hub");
    co_return;
  }
  if (reason.empty()) {
    log::info(kScope, "a revision has passed its probation",
              {{"component", options_.name}, {"revision", revision}});
  } else {
    ++rollbacks_;
    log::error(kScope, "a revision is rolled back; it is withheld until another one comes",
               {{"component", options_.name}, {"revision", revision}, {"reason", reason}});
  }
  on_step_(**done);
}

}  // namespace edge::replica
