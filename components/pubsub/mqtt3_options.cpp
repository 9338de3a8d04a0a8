#include "components/pubsub/mqtt3_options.h"

#include <array>
#include <utility>

#include "edge/base/log.h"
#include "edge/base/strings.h"

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

constexpr std::uint16_t kPlainPort = 1883;
constexpr std::uint16_t kTlsPort = 8883;
constexpr std::string_view kAppId = "{appID}";

// What follows is not shown in messages: it may hold a password.
enum class Transport : std::uint8_t { kPlain, kTls };

Result<Transport> read_scheme(std::string_view scheme) {
  for (const std::string_view plain : {"mqtt", "tcp"}) {
    if (equals_ignoring_case(scheme, plain)) return Transport::kPlain;
  }
  for (const std::string_view secure : {"mqtts", "ssl", "tls", "tcps"}) {
    if (equals_ignoring_case(scheme, secure)) return Transport::kTls;
  }
  return wrong_field("url",
                     "must begin with mqtt:// (or tcp://), or with mqtts:// (or ssl://, tls://, "
                     "tcps://) for TLS");
}

Status read_login(std::string_view login, Mqtt3Options& options) {
  const auto colon = login.find(':');
  const auto username = percent_decode(login.substr(0, colon), PlusSign::kIsPlus);
  std::optional<std::string> password = "";
  if (colon != std::string_view::npos) {
    password = percent_decode(login.substr(colon + 1), PlusSign::kIsPlus);
  }
  if (!username || !password)
    return wrong_field("url", "has a % in user or password: write it as %25");
  options.username = *username;
  options.password = *password;
  return {};
}

Status read_host(std::string_view text, std::uint16_t port, Address& server) {
  std::string_view host = text;
  std::string_view port_text;
  const auto colon = text.rfind(':');
  const bool literal = text.starts_with('[');
  const auto bracket = text.find(']');
  if (literal && bracket == std::string_view::npos) return wrong_field("url", "has a [ without ]");
  if (colon != std::string_view::npos && (!literal || colon > bracket)) {
    host = text.substr(0, colon);
    port_text = text.substr(colon + 1);
    const auto number = parse_unsigned(port_text);
    if (!number || *number == 0 || *number > 65535) {
      return wrong_field("url", "has a port that is no number from 1 to 65535");
    }
    port = static_cast<std::uint16_t>(*number);
  }
  if (literal) host = host.substr(1, bracket - 1);
  if (host.empty() || (!literal && host.find(':') != std::string_view::npos)) {
    return wrong_field("url",
                       "must name a host: mqtt://host:1883, and an IPv6 address in brackets");
  }
  server = {.host = std::string(host), .port = port};
  return {};
}

Result<Transport> read_url(Mqtt3Options& options) {
  const std::string_view url = trim(options.url);
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos)
    return wrong_field("url", "must look like mqtt://host:1883");
  auto transport = read_scheme(url.substr(0, scheme_end));
  if (!transport) return transport;
  std::string_view rest = url.substr(scheme_end + 3);
  rest = rest.substr(
      0,
      rest.find_first_of("/?#", rest.rfind('@') == std::string_view::npos ? 0 : rest.rfind('@')));
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    if (auto login = read_login(rest.substr(0, at), options); !login) {
      return std::move(login).error();
    }
    rest.remove_prefix(at + 1);
  }
  const bool secure = *transport == Transport::kTls;
  auto host = read_host(rest, secure ? kTlsPort : kPlainPort, options.server);
  if (!host) return std::move(host).error();
  return transport;
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
  if (*transport == Transport::kTls) {
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
