// Suspects: finds a message for which the cloud ends every connection.
//
// A connection that the cloud ends says nothing about one of several messages on their way. So when
// that has happened twice, one goes at a time for a while; and what was alone on its way for so
// many ends is found guilty. Only ends count of connections that had lived for a while with nothing
// on its way: a link that ends all its connections accuses nobody, nor does one that falls silent.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "sync/core/events.h"

namespace edge::sync {

class Suspects {
 public:
  static constexpr unsigned kMostEnds = 8;
  static constexpr unsigned kDoubts = 2;
  static constexpr unsigned kCalm = 64;  // acknowledgements in a row that end all doubt

  [[nodiscard]] bool one_at_a_time() const noexcept { return doubts_ >= kDoubts || !ends_.empty(); }
  void sent(const Token& token) { on_the_way_.insert(token); }
  void acked(const Token& token);
  // It is given up, or gone for another reason.
  void forget(const Token& token) { ends_.erase(token); }
  // A connection has ended for which there may be another reason than what was on its way.
  void doubt();
  // The cloud has ended a connection that had held before; gives who is guilty of it.
  std::optional<Token> cut();
  // The connection is over.
  void go_offline() { on_the_way_.clear(); }

 private:
  std::set<Token> on_the_way_;
  std::map<Token, unsigned> ends_;  // connections that ended with only this on its way
  unsigned doubts_ = 0;             // that ended with several
  unsigned calm_ = 0;
};

}  // namespace edge::sync
