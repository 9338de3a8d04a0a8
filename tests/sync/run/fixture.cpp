#include "tests/sync/run/fixture.h"

#include <gtest/gtest.h>

namespace edge::sync::test {

void TestCloud::connect(Connection wanted, Publication says_farewell) {
  ++connects;
  if (!reachable) return owner_->lost(wanted);
  connection = wanted;
  farewell = std::move(says_farewell);
  owner_->connected(wanted, 16);
}

void TestCloud::disconnect(Connection ended, std::string) {
  if (ended == connection) connection = 0;
  owner_->lost(ended);
}

void TestCloud::subscribe(Connection on, std::vector<std::string> wanted) {
  if (on != connection) return;
  filters = std::move(wanted);
  owner_->subscribed(on);
}

void TestCloud::publish(Connection on, std::uint64_t number, Publication publication) {
  if (on != connection) return;
  sent.push_back({on, number, std::move(publication)});
  if (number == 0) return;
  const Sent copy = sent.back();
  if (!judge || judge(copy)) owner_->answered(copy.connection, copy.number, Verdict::kTaken);
}

void TestCloud::acknowledge(Connection on, std::uint64_t delivery) {
  if (on == connection) acknowledged.push_back(delivery);
}

Task<void> TestCloud::close() {
  connection = 0;
  co_return;
}

void TestCloud::cut() {
  const Connection ended = std::exchange(connection, 0);
  if (ended != 0) owner_->lost(ended);
}

std::uint64_t TestCloud::deliver(const std::string& topic, const std::string& payload) {
  owner_->received(connection, {++deliveries_, topic, payload});
  return deliveries_;
}

std::vector<Publication> TestCloud::published(const std::string& part) const {
  std::vector<Publication> found;
  for (const Sent& one : sent) {
    if (one.publication.topic.find(part) != std::string::npos) found.push_back(one.publication);
  }
  return found;
}

std::vector<nlohmann::json> TestCloud::events(const std::string& part) const {
  std::vector<nlohmann::json> found;
  for (const auto& one : published(part)) found.push_back(nlohmann::json::parse(one.payload));
  return found;
}

Task<Reply> TestHub::execute(Ctx, Command command) {
  executed.push_back(std::move(command));
  if (on_execute) on_execute();
  co_return Reply{.status = "ok", .code = 200, .body = "done"};
}

Task<Status> TestHub::prepare(Ctx, Assignment assignment) {
  prepared.push_back(std::move(assignment));
  co_return Status();
}

Task<Move> TestHub::find_lane(Ctx, LaneState last) {
  co_return Move{.lane = lane.empty() ? last.lane.id : lane};
}

RunningHub::RunningHub(Loop& loop, Uplink& uplink, const std::string& path, EngineOptions options)
    : loop_(loop),
      runner_({loop, files_, uplink, hub_}, {kHub, options, {path, {}, {}}}),
      tasks_(loop, "publishers") {
  const Status started = run(loop_, runner_.start(Ctx::background()));
  EXPECT_TRUE(started) << started.error().message;
}

RunningHub::~RunningHub() {
  run(loop_, runner_.close());
  run(loop_, tasks_.close());
}

bool RunningHub::wait_until(std::function<bool()> condition, Duration limit) {
  DeadlineScope deadline(loop_, Ctx::background(), limit);
  loop_.run_until([&] { return deadline.scope().cancelled() || condition(); });
  return condition();
}

bool RunningHub::is_empty() const {
  const EngineStatus status = runner_.status();
  auto rows = static_cast<std::int64_t>(status.gaps);
  for (const Totals& totals : status.queued) rows += totals.rows;
  return rows == 0;
}

Result<Receipt> RunningHub::publish(Message message, Durability wanted) {
  return run(loop_, runner_.enqueue(Ctx::background(), std::move(message), wanted));
}

void RunningHub::publish_later(Message message, Durability wanted) {
  tasks_.spawn(publish_and_count(std::move(message), wanted));
}

Task<void> RunningHub::publish_and_count(Message message, Durability wanted) {
  const auto receipt = co_await runner_.enqueue(tasks_.ctx(), std::move(message), wanted);
  ++(receipt ? accepted_ : refused_);
}

Message event(const std::string& body, const std::string& topic) {
  return {.source = "lamp", .topic = topic, .body = body};
}

}  // namespace edge::sync::test
