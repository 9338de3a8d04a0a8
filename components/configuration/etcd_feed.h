// EtcdFeed: keeps a replica as a range of etcd is.
//
// It reads the range in pages of one revision, follows its changes from there, and goes on from the
// replica's cursor when the connection, etcd or the hub was away. Where the changes since then are
// compacted, or etcd was restored or replaced, it reads the range again and tells what differs.
// Source: sync reference §4.1.
#pragma once

#include <optional>
#include <string>

#include "components/configuration/feed.h"
#include "components/replica/replica.h"
#include "edge/base/backoff.h"
#include "edge/loop/task_group.h"
#include "edge/net/etcd/client.h"

namespace edge::configuration {

struct EtcdFeedOptions {
  std::string store;       // the component's name, for messages
  std::string key_prefix;  // whose keys; it is taken off
  Duration audit_interval{};
};

class EtcdFeed final : public Feed {
 public:
  // All of it outlives the feed.
  EtcdFeed(Loop& loop, etcd::Client& client, replica::Replica& replica, EtcdFeedOptions options,
           OnStep on_step);

  void start() override { tasks_.spawn(run(tasks_.ctx())); }
  Task<void> close() override { return tasks_.close(); }
  Task<Status> refresh(Ctx ctx) override;

  [[nodiscard]] bool is_live() const noexcept override { return live_; }
  [[nodiscard]] const std::string& last_error() const noexcept override { return last_error_; }

 private:
  // How the range stands to the cursor.
  enum class Standing : std::uint8_t { kSame, kChanged, kUnknown };

  Task<void> run(Ctx ctx);
  Task<Error> follow(Ctx ctx);
  Task<Status> catch_up(Ctx ctx);
  Task<Result<Standing>> compare(Ctx ctx);
  Task<Status> load(Ctx ctx);
  struct Loading;
  Task<Status> load_page(Ctx ctx, Loading* loading);
  Task<Error> watch(Ctx ctx);
  Task<Error> read(Ctx ctx, etcd::Watch* watch);
  Task<Error> read_until(Ctx ctx, etcd::Watch* watch, CancelScope* audit);
  Task<Status> take(etcd::WatchMessage message);

  [[nodiscard]] bool is_other_history(const etcd::Header& header) const;
  // What the replica makes of a pair; nothing where it can hold no such key.
  [[nodiscard]] std::optional<replica::Change> change_of(etcd::KeyValue pair) const;
  void took(const replica::Applied& step);
  void now_live();
  void ended(const Error& error, Duration lasted);
  void settle(std::uint64_t asked, Status outcome);

  Loop& loop_;
  etcd::Client& client_;
  replica::Replica& replica_;
  EtcdFeedOptions options_;
  etcd::Range range_;
  OnStep on_step_;
  bool must_load_;
  CancelScope* audit_ = nullptr;  // of the watch that is read, until its audit is due
  std::uint64_t asked_ = 0;       // refreshes
  std::uint64_t answered_ = 0;    // those of them whose outcome is known
  Status outcome_;                // of the last one
  Event settled_;
  Event hurry_;  // ends a pause
  bool live_ = false;
  std::uint64_t live_from_ = 0;  // the revision that has to be reached first
  std::uint64_t raft_term_ = 0;  // the highest that was seen
  std::string last_error_;
  Backoff short_pauses_;
  Backoff long_pauses_;  // after a refusal, which mostly takes a person to end
  TaskGroup tasks_;
};

}  // namespace edge::configuration
