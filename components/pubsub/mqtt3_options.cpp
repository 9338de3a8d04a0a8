#include "components/pubsub/mqtt3_options.h"

#include <array>
#include <utility>

#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/net/mqtt/server_url.h"

namespace edge::pubsub {
namespace {

using components::Field;
using components::Need;
using components::wrong_field;

constexpr auto kFields = std::to_array<Field<Mqtt3Options>>({
    {{.name = "url",
      .doc = "Where the MQTT server is: `mqtt://[user:password@]host[:1883]`, or "
             "`mqtts://...[:8883]` for TLS (`tcp`, `ssl`, `tls`, `tcps` are understood too).",
      .need = Need::kRequired},
     &Mqtt3Options::url},
    {{.name = "consumerID",
      .doc = "Client id of an app's session; without it the app id. The app id is appended, or "
             "takes the place of `{appID}`. Two hubs that serve the same app need different ones."},
     &Mqtt3Options::consumer_id},
    {{.name = "qos",
      .fallback = "1",
      .doc = "Quality of service of publications and subscriptions: 1 (acknowledged) or 0."},
     &Mqtt3Options::qos},
    {{.name = "retain",
      .fallback = "false",
      .doc = "Whether the server keeps the last message of a topic; `metadata.retain` of a "
             "publication decides for itself."},
     &Mqtt3Options::retain},
    {{.name = "cleanSession",
      .fallback = "false",
      .doc = "Whether the server forgets subscriptions and messages of an app that is away."},
     &Mqtt3Options::clean_session},
    {{.name = "caCert",
      .doc = "PEM text of the authority that signed the server's certificate; without it the "
             "system's authorities are trusted."},
     &Mqtt3Options::ca_cert},
    {{.name = "clientCert", .doc = "PEM text of the certificate to show; needs `clientKey`."},
     &Mqtt3Options::client_cert},
    {{.name = "clientKey", .doc = "PEM text of that certificate's private key."},
     &Mqtt3Options::client_key},
});

constexpr std::string_view kAppId = "{appID}";

Result<mqtt::Transport> read_url(Mqtt3Options& options) {
  auto url = mqtt::parse_server_url(options.url);
  if (!url) return wrong_field("url", url.error().message);
  options.server = std::move(url->server);
  options.username = std::move(url->username);
  options.password = std::move(url->password);
  return url->transport;
}

Status read_tls(Mqtt3Options& options) {
  auto context = tls::ClientContext::parse({.root_ca = options.ca_cert,
                                            .certificate = options.client_cert,
                                            .private_key = std::move(options.client_key)});
  options.client_key.clear();
  if (!context) return context.error().within("caCert, clientCert, clientKey");
  options.tls = std::move(*context);
  return {};
}

// FNV-1a: the same in every build, since the server keeps it.
std::uint64_t hash(std::string_view text) noexcept {
  std::uint64_t value = 0xcbf29ce484222325U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return value;
}

}  // namespace

std::span<const Field<Mqtt3Options>> mqtt3_fields() {
  return kFields;
}

Result<Mqtt3Options> read_mqtt3_options(const components::Metadata& metadata) {
  auto options = components::read_fields<Mqtt3Options>(kFields, metadata);
  if (!options) return options;
  if (options->qos == 2) {
    return wrong_field("qos",
                       "2 is not offered: a message of QoS 2 is lost when the hub ends before the "
                       "app has it; use 1, which repeats it instead");
  }
  if (options->qos != 0 && options->qos != 1) return wrong_field("qos", "must be 0 or 1");
  auto transport = read_url(*options);
  if (!transport) return std::move(transport).error();
  if (*transport == mqtt::Transport::kTls) {
    if (auto read = read_tls(*options); !read) return std::move(read).error();
  } else if (!options->ca_cert.empty() || !options->client_cert.empty()) {
    return wrong_field("url", "is not encrypted while caCert or clientCert is set: write mqtts://");
  }
  return options;
}

std::string consumer_client_id(const Mqtt3Options& options, std::string_view app_id) {
  std::string id = options.consumer_id;
  if (id.empty()) return std::string(app_id);
  const auto token = id.find(kAppId);
  if (token == std::string::npos) return id + "-" + std::string(app_id);
  return id.replace(token, kAppId.size(), app_id);
}

std::string filter_client_id(const std::string& client_id, std::string_view filter) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id = client_id + "-";
  std::uint64_t rest = hash(filter);
  for (int i = 0; i < 16; ++i, rest >>= 4) id += kDigits[rest & 0xF];
  return id;
}

}  // namespace edge::pubsub
