#include "components/configuration/etcd_options.h"

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <unistd.h>
#include <utility>

#include "edge/base/strings.h"
#include "edge/net/tls/signed_json.h"

namespace edge::configuration {
namespace {

using components::Field;
using components::Need;
using components::wrong_field;

constexpr auto kFields = std::to_array<Field<EtcdOptions>>({
    {{.name = "endpoints",
      .doc = "Addresses of the members of one etcd cluster, with commas between: `10.0.0.1:2379`, "
             "`https://etcd.example:2379`. They are asked through etcd's JSON gateway.",
      .need = Need::kRequired},
     &EtcdOptions::endpoints},
    {{.name = "keyPrefixPath",
      .doc = "What stands before the keys in etcd: with `shop`, the item `color` is the key "
             "`shop/color`. Without it every key of the etcd is an item."},
     &EtcdOptions::key_prefix},
    {{.name = "tlsEnable",
      .fallback = "false",
      .doc = "Whether to speak TLS; `https://` in `endpoints` says it too."},
     &EtcdOptions::tls_enable},
    {{.name = "ca",
      .doc = "PEM text of the authority that signed the servers' certificates; without it the "
             "system's authorities are trusted."},
     &EtcdOptions::ca},
    {{.name = "cert", .doc = "PEM text of the certificate to show; needs `key`."},
     &EtcdOptions::certificate},
    {{.name = "key", .doc = "PEM text of that certificate's private key."}, &EtcdOptions::key},
    {{.name = "username",
      .doc = "Name of the etcd user, where etcd asks for one. The JSON gateway knows no users by "
             "certificate."},
     &EtcdOptions::username},
    {{.name = "password", .doc = "Password of that user."}, &EtcdOptions::password},
    {{.name = "layers",
      .fallback = "false",
      .doc = "Whether keys lie in layers under `keyPrefixPath`: `base/`, then `lane-NAME/`, "
             "`group-NAME/`, `hub-ID/` and `device-ID/`; the last one that has a key counts."},
     &EtcdOptions::layers},
    {{.name = "hubId", .doc = "The ID of this hub's own layer; without it the name of the host."},
     &EtcdOptions::hub_id},
    {{.name = "hubGroup",
      .doc = "The group whose layer this hub reads; without it there is no such layer."},
     &EtcdOptions::hub_group},
    {{.name = "devices",
      .doc = "Whose devices' layers this hub reads: `*` is every device, `h1-*` those whose IDs "
             "begin with `h1-`. Without it there is no such layer."},
     &EtcdOptions::devices},
    {{.name = "replicaFile",
      .doc = "Path of the database file that keeps the values for when etcd is away; `hub.db` in "
             "the hub's data folder where absent. Without either they are kept in memory only."},
     &EtcdOptions::replica_file},
    {{.name = "auditInterval",
      .fallback = "6h",
      .doc = "How often everything is read again and compared, besides following the changes; at "
             "least 1s."},
     &EtcdOptions::audit_interval},
    {{.name = "probation",
      .fallback = "60s",
      .doc = "How long apps have to stay healthy with what was taken over; else it is rolled back. "
             "`0` takes everything over at once."},
     &EtcdOptions::probation},
    {{.name = "signingKeys",
      .doc = "PEM texts of public keys of the curve P-256, one after the other: only what one of "
             "them has signed is taken over. Without it nothing needs to be signed."},
     &EtcdOptions::signing_keys},
});

constexpr std::uint16_t kUsualPort = 2379;
constexpr std::size_t kMostServers = 16;

Status wrong_endpoint(std::string_view text, const std::string& what) {
  return wrong_field("endpoints", "has \"" + std::string(text) + "\": " + what);
}

// "10.0.0.1:2379", "[::1]:2379", "etcd.example".
Status read_host(std::string_view text, Address& server) {
  std::string_view host = text;
  std::string_view port;
  const auto bracket = text.find(']');
  const bool literal = text.starts_with('[') && bracket != std::string_view::npos;
  const auto colon = text.find(':', literal ? bracket : 0);
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (literal) host = host.substr(1, bracket - 1);
  const auto number = port.empty() ? kUsualPort : parse_unsigned(port).value_or(0);
  if (number == 0 || number > 65535) return wrong_endpoint(text, "its port is none");
  const bool is_name = !host.empty() && std::ranges::all_of(host, [](char c) {
    return c > ' ' && c < 0x7F && std::string_view("/@?#[]").find(c) == std::string_view::npos;
  });
  if (!is_name) return wrong_endpoint(text, "it names no host");
  server = {.host = std::string(host), .port = static_cast<std::uint16_t>(number), .path = {}};
  return {};
}

// Without "http://" or "https://" and a slash at the end.
struct Endpoint {
  std::string_view host;
  std::optional<bool> secure;
};

Endpoint split_scheme(std::string_view text) {
  Endpoint endpoint{text, std::nullopt};
  for (const auto& [scheme, secure] :
       {std::pair<std::string_view, bool>{"http://", false}, {"https://", true}}) {
    if (!starts_with_ignoring_case(text, scheme)) continue;
    endpoint = {text.substr(scheme.size()), secure};
  }
  if (endpoint.host.ends_with('/')) endpoint.host.remove_suffix(1);
  return endpoint;
}

Status read_endpoints(EtcdOptions& options) {
  std::optional<bool> secure;
  for (const std::string_view part : split(options.endpoints, ',')) {
    const std::string_view text = trim(part);
    if (text.empty()) continue;
    const Endpoint endpoint = split_scheme(text);
    if (endpoint.secure && secure && *secure != *endpoint.secure) {
      return wrong_field("endpoints", "mixes http:// and https://");
    }
    if (endpoint.secure) secure = endpoint.secure;
    if (auto read = read_host(endpoint.host, options.servers.emplace_back()); !read) return read;
  }
  if (options.servers.empty()) return wrong_field("endpoints", "names no server: write host:2379");
  if (options.servers.size() > kMostServers) {
    return wrong_field("endpoints", "names more than 16 servers");
  }
  if (options.tls_enable && secure == false) {
    return wrong_field("tlsEnable", "is true while endpoints say http://");
  }
  options.tls_enable = options.tls_enable || secure == true;
  return {};
}

Status read_tls(EtcdOptions& options) {
  if (!options.tls_enable) {
    if (options.ca.empty() && options.certificate.empty()) return {};
    return wrong_field("tlsEnable", "must be true where ca or cert is set");
  }
  auto context = tls::ClientContext::parse({.root_ca = options.ca,
                                            .certificate = options.certificate,
                                            .private_key = std::move(options.key)});
  options.key.clear();
  if (!context) return context.error().within("ca, cert, key");
  options.tls = std::move(*context);
  return {};
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

Status read_signing_keys(EtcdOptions& options) {
  if (trim(options.signing_keys).empty()) return {};
  auto keys = tls::parse_verify_keys(options.signing_keys);
  if (!keys) return keys.error().within("field \"signingKeys\"");
  options.verify_keys = std::make_shared<const std::vector<tls::VerifyKey>>(std::move(*keys));
  return {};
}

Status read_devices(EtcdOptions& options) {
  std::string& stem = options.devices;
  options.has_devices = !stem.empty();
  if (!options.has_devices) return {};
  if (stem.ends_with('*')) {
    stem.pop_back();
    if (stem.empty() || is_layer_name(stem)) return {};
  }
  return wrong_field("devices", "is *, or how the IDs of devices begin with * at the end: h1-*");
}

Status read_layers(EtcdOptions& options) {
  if (!options.layers && !(options.hub_group.empty() && options.devices.empty())) {
    return wrong_field("layers", "must be true where hubGroup or devices is set");
  }
  if (!options.layers) return {};
  if (options.hub_id.empty()) options.hub_id = host_name();
  if (!is_layer_name(options.hub_id)) {
    return wrong_field("hubId", "is needed for layers: 1 to 64 visible characters without /");
  }
  if (!options.hub_group.empty() && !is_layer_name(options.hub_group)) {
    return wrong_field("hubGroup", "is 1 to 64 visible characters without /");
  }
  return read_devices(options);
}

}  // namespace

bool is_layer_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F && c != '/'; });
}

std::span<const Field<EtcdOptions>> etcd_fields() {
  return kFields;
}

Result<EtcdOptions> read_etcd_options(const components::Context& context) {
  auto options = components::read_fields<EtcdOptions>(kFields, context.metadata);
  if (!options) return options;
  auto done = read_endpoints(*options);
  if (done) done = read_tls(*options);
  if (done) done = read_layers(*options);
  if (done) done = read_signing_keys(*options);
  if (!done) return std::move(done).error();
  if (options->audit_interval < std::chrono::seconds(1)) {
    return wrong_field("auditInterval", "is at least 1s");
  }
  if (!options->username.empty() && options->password.empty()) {
    return wrong_field("password", "is missing while username is set");
  }
  while (options->key_prefix.ends_with('/')) options->key_prefix.pop_back();
  std::string& path = options->replica_file;
  if (path.starts_with("file:")) path.erase(0, 5);
  if (path.empty()) path = context.data_dir.empty() ? ":memory:" : context.data_dir + "/hub.db";
  return options;
}

}  // namespace edge::configuration
