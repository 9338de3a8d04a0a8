// An engine whose store takes each commit when the test says so, and whose cloud is there.
#pragma once

#include <algorithm>
#include <iterator>

#include <gtest/gtest.h>

#include "edge/base/random.h"
#include "tests/sync/core/fixture.h"

namespace edge::sync::test {

using std::chrono::hours;
using std::chrono::seconds;

class EngineTest : public testing::Test {
 protected:
  void SetUp() override { engine_.emplace(EngineOptions{}, random_); }

  void open(LaneState lane = {}, std::optional<Move> hub = {}) {
    Opened opened{.stored = {}, .hub = std::move(hub)};
    opened.stored.meta.epoch = 1;
    opened.stored.lane = std::move(lane);
    handle(std::move(opened));
  }
  void handle(Event event) {
    const WallTime wall = HubClock::kSet + hours(1) + now_.time_since_epoch();
    for (Action& action : engine_->handle({now_, wall}, std::move(event))) {
      actions_.push_back(std::move(action));
    }
  }
  // All that the store has been asked for is done; what it wrote.
  std::vector<Write> commit() {
    std::vector<Write> writes;
    while (true) {
      const auto commits = all<Commit>(actions_);
      if (commits.empty()) return writes;
      std::erase_if(actions_, [](const auto& one) { return std::holds_alternative<Commit>(one); });
      for (const Commit& one : commits) {
        std::ranges::copy(one.writes, std::back_inserter(writes));
        std::ranges::copy(one.writes, std::back_inserter(written_));
      }
      for (std::size_t i = 0; i < commits.size(); ++i) handle(Committed{});
    }
  }
  void pass(HubTime time) {
    now_ += time;
    handle(Tick{});
  }
  void publish(std::string source, std::string lane) {
    Message one = message(Class::kEvent, std::move(source));
    one.lane = Lane{std::move(lane), 0};
    handle(Enqueue{.ticket = 0, .message = std::move(one)});
    commit();
  }
  void connect() {
    pass(seconds(2));
    const auto connects = all<Connect>(actions_);
    ASSERT_FALSE(connects.empty());
    handle(Connected{connects.back().connection, 16});
    handle(Subscribed{connects.back().connection});
    connection_ = connects.back().connection;
    commit();
  }
  void give_back(const SendRow& one, Return why) {
    handle(Returned{connection_, {Token::Kind::kRow, one.row->message->cls, one.row->row}, why});
  }
  void acknowledge(const SendRow& one) {
    handle(Acked{connection_, {Token::Kind::kRow, one.row->message->cls, one.row->row}});
  }
  void acknowledge_all() {
    for (const auto& one : all<SendRow>(actions_)) {
      acknowledge(one);
    }
    pass(seconds(2));
    commit();
  }
  std::vector<std::string> subscribed() {
    const auto found = all<Subscribe>(actions_);
    return found.empty() ? std::vector<std::string>() : found.back().lanes;
  }
  std::vector<SendRow> sent(const std::string& source) {
    auto rows = all<SendRow>(actions_);
    std::erase_if(rows, [&](const SendRow& one) { return one.row->message->source != source; });
    return rows;
  }

  SeededRandom random_{7};
  std::optional<Engine> engine_;
  TimePoint now_{seconds(1)};
  Actions actions_;
  std::vector<Write> written_;  // since the start
  Connection connection_ = 0;
};

}  // namespace edge::sync::test
