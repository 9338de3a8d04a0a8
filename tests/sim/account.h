// Account: what was promised to whom, and whether it is kept. Each broken promise is a violation.
//
// A message is known by the number in its body. What the cloud takes as new follows the rule that
// is documented for consumers: in a stream, a number that is not above the last one was there.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/disk.h"

namespace edge::sync::sim {

class Account {
 public:
  explicit Account(const Disk& disk) : disk_(disk) {}

  // Apps.
  std::int64_t publish(const std::string& stream, const std::string& lane);
  void accepted(std::int64_t number);
  // The app was told that the cloud has it.
  void confirmed(std::int64_t number);
  // The store, before and after a commit.
  void committing(const std::vector<Write>& writes);
  void committed(const std::vector<Write>& writes);
  void set_aside(const Row& row) { set_aside_.insert(number_of(*row.message)); }
  void crashed() { check_all(); }
  // A message goes to the cloud; a hub that starts does not know what it has sent.
  void sent(const Row& row);
  void started() noexcept { ++lives_; }
  // The cloud.
  void received(const Row& row, const std::string& lane);
  void received(const Gap& gap);
  // Nobody took it, or not yet. Of its stream, what comes later may come first.
  void returned(const Row& row);
  // The hub gets to know that.
  void heard_back(const Row& row);
  // To the commands of these lanes: of all that the hub was in and that messages wait for.
  void subscribed(const std::vector<std::string>& lanes);
  // Commands.
  void acknowledged(const std::string& id);
  void executed(const std::string& id, bool idempotent);

  // Every message that was accepted is in the store, or the cloud knows about it.
  void check_all();
  // Besides: nothing is left in the store.
  void check_end();
  void violate(const std::string& what);

  [[nodiscard]] const std::string& violation() const noexcept { return violation_; }
  [[nodiscard]] std::size_t accepted_count() const noexcept { return accepted_; }
  [[nodiscard]] std::size_t committed_count() const;
  [[nodiscard]] std::size_t received_count() const noexcept { return received_; }
  [[nodiscard]] std::size_t gap_count() const noexcept { return gapped_; }
  [[nodiscard]] std::size_t set_aside_count() const noexcept { return set_aside_.size(); }
  [[nodiscard]] std::size_t executed_count() const noexcept { return executions_.size(); }

  static std::int64_t number_of(const Message& message);

 private:
  struct Record {
    std::string stream;
    std::string lane;
    std::set<std::string> lanes;  // that it has had
    Number number;
    bool accepted = false;
    bool committed = false;
    bool received = false;
    bool gapped = false;  // the cloud has its gap
    int sent_in = 0;      // the life of the hub in which it was sent last; 0: none
    int unanswered = 0;   // how often it was sent in that life without an answer to the hub
  };
  struct Stream {
    Number last;               // that the cloud has
    std::int64_t newest = -1;  // message that the cloud has
    std::map<Number, std::int64_t> numbers;
    bool divided = false;  // not all of it came the same way
  };

  void inserted(const Row& row);
  // What is done has its answer in the store, in the cloud or in a gap record.
  void check_done(const InboxRow& row);
  void check_replies();
  [[nodiscard]] bool is_reply_kept(const std::string& id) const;
  // The stream and the number are in a gap record of the store.
  [[nodiscard]] bool is_in_stored_gap(const std::string& stream, const Number& number) const;
  void retagged(const RetagRows& how);
  // What the hub has sent and the cloud has may be dropped only where there is nothing else to
  // drop.
  void check_dropped(const std::vector<Write>& writes);
  [[nodiscard]] bool is_in_doubt(std::int64_t number) const;
  [[nodiscard]] bool has_other_than_sent(Class cls, const std::set<std::int64_t>& leaving) const;
  // The number of the message in a row; -1: the row is gone or its message is not of the workload.
  [[nodiscard]] std::int64_t number_in_row(Class cls, std::int64_t row) const;
  // By number: whether the store has it, or its gap.
  [[nodiscard]] std::vector<bool> kept_numbers();
  [[nodiscard]] std::vector<std::int64_t> numbers_of(const Gap& gap);

  const Disk& disk_;
  std::vector<Record> records_;
  std::map<std::string, Stream> streams_;
  std::map<std::string, int> executions_;
  std::map<std::string, std::set<std::int64_t>> replies_;  // rows in the store, by command
  std::set<std::string> answered_;  // commands whose answer the cloud has, or has a gap record of
  std::vector<RowPtr> removed_replies_;                             // by the commit
  std::map<std::pair<Number, std::int64_t>, std::string> gap_ids_;  // whose stream, at the cloud
  std::set<std::int64_t> set_aside_;
  std::set<std::string> deserted_;     // lanes from whose topics something was returned
  std::set<std::int64_t> open_;        // accepted, and the cloud does not know
  std::vector<std::int64_t> removed_;  // of those, by the commit
  std::string violation_;
  int lives_ = 0;
  std::size_t accepted_ = 0;
  std::size_t received_ = 0;
  std::size_t gapped_ = 0;
};

}  // namespace edge::sync::sim
