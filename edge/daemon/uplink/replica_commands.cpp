#include "edge/daemon/uplink/replica_commands.h"

#include <optional>
#include <utility>

namespace edge::daemon {
namespace {

using sync::Reply;

bool is_meant(std::string_view store, std::string_view name) {
  return store.empty() || store == name;
}

// What was done in each store, and the first failure.
class Outcome {
 public:
  void add(const std::string& store, const Result<std::size_t>& done) {
    ++stores_;
    if (done) {
      done_ += (done_.empty() ? "" : ", ") + store + ": " + std::to_string(*done);
    } else if (!failure_) {
      failure_ = done.error().within(store);
    }
  }

  // `what`: was done, or could not be.
  [[nodiscard]] Reply reply(const std::string& what, const std::string& store) const {
    if (stores_ == 0) {
      return {.status = "rejected",
              .code = 404,
              .body = store.empty() ? "no store of this hub keeps copies: nothing is " + what
                                    : "no store \"" + store.substr(0, 64) + "\" keeps copies here"};
    }
    if (!failure_) return {.status = "ok", .code = 200, .body = what + ": " + done_};
    const std::string others = done_.empty() ? "" : "; " + what + ": " + done_;
    return {.status = "failed",
            .code = http_status(failure_->code),
            .body = failure_->message + others};
  }

 private:
  std::size_t stores_ = 0;
  std::string done_;
  std::optional<Error> failure_;
};

}  // namespace

Task<Reply> ReplicaCommands::refresh(Ctx ctx, std::string store) {
  Outcome outcome;
  for (const std::string& name : configuration_.names()) {
    const auto lease = configuration_.find(nullptr, name);
    auto* replica = lease && is_meant(store, name) ? (*lease)->replica() : nullptr;
    if (replica == nullptr) continue;
    const auto done = co_await replica->refresh(ctx);
    outcome.add(name, done);
  }
  for (const std::string& name : secrets_.names()) {
    const auto lease = secrets_.find(name);
    auto* replica = lease && is_meant(store, name) ? lease->replica() : nullptr;
    if (replica == nullptr) continue;
    const auto done = co_await replica->refresh(ctx);
    outcome.add(name, done);
  }
  co_return outcome.reply("read again", store);
}

Task<Reply> ReplicaCommands::purge(Ctx ctx, std::string store, std::vector<std::string> names) {
  Outcome outcome;
  for (const std::string& name : secrets_.names()) {
    const auto lease = secrets_.find(name);
    auto* replica = lease && is_meant(store, name) ? lease->replica() : nullptr;
    if (replica == nullptr) continue;
    const auto done = co_await replica->purge(ctx, names);
    outcome.add(name, done);
  }
  co_return outcome.reply("forgotten", store);
}

}  // namespace edge::daemon
