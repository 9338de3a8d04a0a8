// Publisher: sends messages and answers when the server has acknowledged them.
//
// At most `window` messages are on their way; the others wait their turn. What a connection took
// with it is sent again by the next one, in the same order: a message may arrive twice, it is not
// lost once publish() has answered. Loop thread; closed before it goes away.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "edge/loop/sync.h"
#include "edge/net/mqtt/client.h"

namespace edge::mqtt {

struct PublisherLimits {
  std::size_t window = 20;  // libmosquitto itself sends no more
  std::size_t max_waiting = 1000;
  Duration time = std::chrono::seconds(20);
};

class Publisher final : private ClientOwner {
 public:
  Publisher(UvLoop& loop, ClientOptions options, PublisherLimits limits = {});
  ~Publisher() override;

  void start() { client_.start(); }
  // Legal when no publish() is pending.
  Task<void> close() { return client_.close(); }

  // QoS 1: the server has the message. QoS 0: it has left. Errors: kInvalidArgument (the topic),
  // kResourceExhausted (too many wait), kUnavailable (the message says whether it may have been
  // delivered), kCancelled.
  Task<Status> publish(Ctx ctx, Outgoing message);

  [[nodiscard]] bool is_connected() const noexcept { return client_.is_connected(); }

 private:
  struct Entry final : Waiter {
    Entry(Loop& loop, Outgoing content) : Waiter(loop), message(std::move(content)) {}
    Outgoing message;
    int mid = 0;  // 0 while not on its way
    int sends = 0;
    bool abandoned = false;  // nobody waits for it any more
    std::optional<Status> result;
  };
  using Entries = std::list<std::shared_ptr<Entry>>;

  Task<Status> send_and_wait(Ctx ctx, Ctx limited, Outgoing message);
  void send(Entry& entry);
  Entries::iterator finish(Entries::iterator entry, Status result);
  void give_up(const std::shared_ptr<Entry>& entry);
  [[nodiscard]] Error timed_out(const Ctx& ctx, int sends) const;

  void connected(const Connected& session) override;
  void disconnected() override;
  void received(Incoming) override {}
  void acknowledged(int mid) override;
  void granted(const Granted&) override {}
  void written() override;

  UvLoop& loop_;
  PublisherLimits limits_;
  Client client_;
  Semaphore window_;
  std::size_t waiting_ = 0;
  Entries entries_;  // in the order in which they are sent
};

}  // namespace edge::mqtt
