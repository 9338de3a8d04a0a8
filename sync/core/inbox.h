// Inbox: commands of the cloud, each carried out once and answered.
//
// A command is in the store before it is acknowledged, and marked as running there before it runs.
// Its id stays known, with its reply, until long after it has expired: when it comes again, the
// reply is sent again. What a crash left running is run again only if it is idempotent. None is
// begun after it has expired.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sync/core/actions.h"

namespace edge::sync {

struct InboxOptions {
  std::size_t max_commands = 10'000;             // known, with those that are done
  std::size_t max_bytes = std::size_t{4} << 20;  // of the payloads of those that are not done
  std::size_t max_running = 8;
  // In time awake, like all that is kept here.
  HubTime keep = std::chrono::hours(24);               // after it expired
  HubTime keep_longest = std::chrono::hours(24 * 30);  // until it expires, at most
  HubTime keep_endless = std::chrono::hours(24 * 8);   // one that does not expire
};

class Inbox {
 public:
  explicit Inbox(const InboxOptions& options) : options_(options) {}
  void open(const Now& now, std::vector<InboxRow> rows);

  // `hub` is the lane that the hub is in.
  void received(const Now& now, Received event, const Lane& hub, Actions& actions);
  void executed(const Now& now, Executed event);
  void reply_loaded(ReplyLoaded event);

  // Replies from this one on wait for room: what they answer is not done before.
  void build(const Now& now, std::vector<Write>& writes, std::uint64_t first_waiting);
  void settle(const Now& now, const Status& status, Actions& actions);
  [[nodiscard]] bool has_changes() const noexcept { return !changed_.empty(); }
  // Forgets what is long over.
  void prune(const Now& now);

  // Replies for the outbox, in their order; how many there were in all, and the last one's number.
  std::vector<Message> take_replies() noexcept { return std::exchange(replies_, {}); }
  [[nodiscard]] std::uint64_t replied() const noexcept { return replied_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  using Key = std::pair<std::string, std::string>;  // issuer, id
  struct Entry {
    InboxRow row;
    bool stored = false;
    bool started = false;
    bool begun = false;  // a crash left it running
    bool forgotten = false;
    std::uint64_t reply = 0;  // the number of its reply
    std::vector<Acknowledge> to_acknowledge;
  };

  struct Refused {
    std::uint64_t reply = 0;
    Acknowledge acknowledge;
  };

  [[nodiscard]] HubTime longest_kept() const noexcept;
  [[nodiscard]] Reply judge(const Now& now, const Command& command, const Lane& hub) const;
  [[nodiscard]] bool has_room_for(const Command& command) const noexcept;
  void refuse(const Received& event, Actions& actions);
  void received_again(const Key& key, Entry& entry, const Received& event, Actions& actions);
  void add(const Now& now, Received event, Reply verdict);
  [[nodiscard]] static Reply too_late(const Entry& entry);
  void start_waiting(const Now& now);
  void reply(const Command& command, const Reply& reply);
  void finish(Entry& entry, Reply reply);
  void settle_refused(const Status& status, Actions& actions);
  void settle_entry(const Now& now, const Key& key, Actions& actions);
  void run(const Now& now, Entry& entry, Actions& actions);

  InboxOptions options_;
  std::map<Key, Entry> entries_;
  std::vector<Key> waiting_;  // in the order in which they came
  std::set<std::string> busy_subjects_;
  std::size_t payload_bytes_ = 0;
  std::size_t running_ = 0;
  std::size_t unsaid_ = 0;  // done, and their replies wait
  std::set<Key> changed_;
  std::vector<Key> committing_;
  std::deque<Refused> refused_;           // in the order of their replies
  std::ptrdiff_t refused_in_commit_ = 0;  // so many of them are answered in it
  std::vector<Message> replies_;
  std::uint64_t replied_ = 0;
};

}  // namespace edge::sync
