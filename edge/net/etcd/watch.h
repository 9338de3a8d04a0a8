// Watch: the messages of one watch, as they come. Closed by its owner before it goes away.
#pragma once

#include <memory>
#include <string>

#include "edge/loop/byte_source.h"
#include "edge/loop/loop.h"
#include "edge/net/etcd/lines.h"
#include "edge/net/etcd/messages.h"
#include "edge/net/http1/client.h"

namespace edge::etcd {

class Watch {
 public:
  // `opening`: how long the answer may take to begin.
  Watch(Loop& loop, Ctx ctx, std::string request, Duration opening, std::size_t longest_message);

  // The next message; an error is the end. Errors: kUnavailable (cut off), kResourceExhausted (the
  // message is too long), kInvalidArgument (it is malformed), those of parse_watch().
  Task<Result<WatchMessage>> next(Ctx ctx);
  Task<void> close();

  // What the server was at when the watch began.
  [[nodiscard]] const Header& created() const noexcept { return created_; }

 private:
  friend class Client;

  // What the exchange uses stands before it.
  std::string request_;
  TextSource body_;
  DeadlineScope opening_;
  std::unique_ptr<http1::ClientExchange> exchange_;
  Lines lines_;
  Header created_;
};

}  // namespace edge::etcd
