// A runner on a simulated clock, with a cloud that does what a real server cannot be told to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "edge/loop/sim_loop.h"
#include "sync/run/runner.h"
#include "tests/support/temp_dir.h"

namespace edge::sync::test {

inline constexpr const char* kHub = "hub1";

// The uplink and the broker behind it.
class TestCloud final : public Uplink {
 public:
  struct Sent {
    Connection connection = 0;
    std::uint64_t number = 0;
    Publication publication;
  };

  void attach(UplinkOwner& owner) override { owner_ = &owner; }
  void connect(Connection connection, Publication farewell) override;
  void disconnect(Connection connection, std::string reason) override;
  void subscribe(Connection connection, std::vector<std::string> filters) override;
  void publish(Connection connection, std::uint64_t number, Publication publication) override;
  void acknowledge(Connection connection, std::uint64_t delivery) override;
  Task<void> close() override;

  // The connection breaks, with what is not acknowledged.
  void cut();
  void acknowledge(const Sent& one) {
    owner_->answered(one.connection, one.number, Verdict::kTaken);
  }
  void refuse(const Sent& one) { owner_->answered(one.connection, one.number, Verdict::kNever); }
  void give_back(const Sent& one, Verdict why) {
    owner_->answered(one.connection, one.number, why);
  }
  // A message of the cloud; gives its number.
  std::uint64_t deliver(const std::string& topic, const std::string& payload);

  bool reachable = true;
  // What becomes of a publication: acknowledged where it says so. All are, where it is not set.
  std::function<bool(const Sent& one)> judge;
  Connection connection = 0;  // 0: there is none
  std::size_t connects = 0;
  Publication farewell;
  std::vector<std::string> filters;
  std::vector<Sent> sent;
  std::vector<std::uint64_t> acknowledged;

  // Of those to topics that hold `part`.
  [[nodiscard]] std::vector<Publication> published(const std::string& part) const;
  [[nodiscard]] std::vector<nlohmann::json> events(const std::string& part) const;

 private:
  UplinkOwner* owner_ = nullptr;
  std::uint64_t deliveries_ = 0;
};

class TestHub final : public HubActions {
 public:
  Task<Reply> execute(Ctx ctx, Command command) override;
  Task<Status> prepare(Ctx ctx, Assignment assignment) override;
  // At a start: `lane`, else the one that the engine last knew.
  Task<Move> find_lane(Ctx ctx, LaneState last) override;
  void enter(const EnterLane& change) override { lanes.push_back(change.lane.id); }

  std::vector<Command> executed;
  std::vector<Assignment> prepared;
  std::vector<std::string> lanes;  // that the cloud had it enter
  std::string lane;
  std::function<void()> on_execute;
};

// A hub that can be started again with the file of the last one.
class RunningHub {
 public:
  RunningHub(Loop& loop, Uplink& uplink, const std::string& path, EngineOptions options = {});
  ~RunningHub();
  RunningHub(const RunningHub&) = delete;
  RunningHub& operator=(const RunningHub&) = delete;

  [[nodiscard]] Runner& runner() { return runner_; }
  [[nodiscard]] TestHub& hub() { return hub_; }
  [[nodiscard]] store::OpenFiles& files() { return files_; }
  // Runs until it holds; false after so long.
  bool wait_until(std::function<bool()> condition, Duration limit = std::chrono::hours(24));
  [[nodiscard]] bool is_empty() const;
  bool wait_until_empty() {
    return wait_until([this] { return is_empty(); });
  }
  Result<Receipt> publish(Message message, Durability wanted = Durability::kCommitted);
  // Beside the test; the ids of those that were accepted, or refused, are counted.
  void publish_later(Message message, Durability wanted = Durability::kCommitted);
  [[nodiscard]] std::size_t accepted() const { return accepted_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }

 private:
  Task<void> publish_and_count(Message message, Durability wanted);

  Loop& loop_;
  store::OpenFiles files_;
  TestHub hub_;
  Runner runner_;
  std::size_t accepted_ = 0;
  std::size_t refused_ = 0;
  TaskGroup tasks_;
};

Message event(const std::string& body, const std::string& topic = "power");

}  // namespace edge::sync::test
