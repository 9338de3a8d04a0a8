// The fields of pubsub.mqtt3 and what they mean. Source: wire reference §14.3.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "components/fields.h"
#include "edge/loop/socket.h"
#include "edge/net/tls/context.h"

namespace edge::pubsub {

struct Mqtt3Options {
  std::string url;
  std::string consumer_id;
  std::int64_t qos = 1;
  bool retain = false;
  bool clean_session = false;
  std::string ca_cert;
  std::string client_cert;
  std::string client_key;

  // From `url` and the certificates.
  Address server;
  std::string username;
  std::string password;
  std::shared_ptr<const tls::ClientContext> tls;  // nullptr: plain TCP
};

std::span<const components::Field<Mqtt3Options>> mqtt3_fields();

// Errors: kInvalidArgument, naming the field and what is expected; never with the password.
Result<Mqtt3Options> read_mqtt3_options(const components::Metadata& metadata);

// The name that the server knows an app's session by. Without consumerID: the app id, as with Dapr.
// With one, which all apps of the hub share: "<consumerID>-<app id>", since a server lets one
// client have a name; where "{appID}" stands in it, what results.
std::string consumer_client_id(const Mqtt3Options& options, std::string_view app_id);

// A filter with wildcards or $share has a session of its own, "<client id>-<hash of the filter>":
// a message that matches two filters of one session may come once or twice, as the server likes,
// and nothing in it says for which.
std::string filter_client_id(const std::string& client_id, std::string_view filter);

}  // namespace edge::pubsub
