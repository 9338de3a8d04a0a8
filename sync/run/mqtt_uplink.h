// MqttUplink: the uplink to an MQTT broker, with MQTT 5 where it speaks that, else with 3.1.1.
//
// Messages go and come with QoS 1; one that comes is acknowledged when the sync engine says so. The
// broker keeps the hub's session, so commands wait for it.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "edge/loop/socket.h"
#include "edge/loop/task_group.h"
#include "edge/net/mqtt/codec.h"
#include "edge/net/tls/context.h"
#include "sync/run/retained_topics.h"
#include "sync/run/uplink.h"

namespace edge::sync {

struct MqttUplinkOptions {
  Address server;
  std::shared_ptr<const tls::ClientContext> tls;          // nullptr: plain TCP
  mqtt::Login login;                                      // its will is the sync engine's
  std::size_t max_packet_bytes = std::size_t{256} << 10;  // of messages that come in
  // libmosquitto sends 20 at once, with what needs no answer of the engine.
  std::size_t window = 16;
  Duration dial_limit = std::chrono::seconds(15);
  Duration connack_limit = std::chrono::seconds(15);
  RetainedTopics* retained = nullptr;  // null: nobody reads any; outlives the uplink
};

class MqttUplink final : public Uplink {
 public:
  MqttUplink(UvLoop& loop, MqttUplinkOptions options);
  ~MqttUplink() override;

  void attach(UplinkOwner& owner) override { owner_ = &owner; }
  void connect(Connection connection, Publication farewell) override;
  void disconnect(Connection connection, std::string reason) override;
  void subscribe(Connection connection, std::vector<std::string> filters) override;
  void publish(Connection connection, std::uint64_t number, Publication publication) override;
  void acknowledge(Connection connection, std::uint64_t delivery) override;
  Task<void> close() override;

  // Why there is no connection; "" while there is one, and before the first attempt has ended.
  [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

 private:
  class Link;

  Task<void> run(std::shared_ptr<Link> link);
  // nullptr where it is not, or no longer, in use.
  [[nodiscard]] Link* find(Connection connection) const noexcept;
  void note_end(const Error& error);
  void note_reason(int reason);

  UvLoop& loop_;
  MqttUplinkOptions options_;
  UplinkOwner* owner_ = nullptr;
  std::shared_ptr<Link> current_;
  std::set<std::string> filters_;  // that the broker may have, of this connection and those before
  std::string last_error_;
  bool knows_5_ = false;  // the broker has taken a connection with MQTT 5
  int last_reason_ = 0;   // why a message was not taken
  TaskGroup tasks_;
};

}  // namespace edge::sync
