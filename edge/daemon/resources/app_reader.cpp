#include <algorithm>

#include "edge/daemon/resources/readers.h"
#include "edge/daemon/resources/value_reader.h"

namespace edge::daemon {
namespace {

void note(Fields& fields, std::string_view name, const Status& status) {
  if (!status) fields.problem(name, status.error().message);
}

void read_socket(Fields socket, AppSocket& target) {
  if (socket.read("owner", target.owner)) target.owner_source = socket.source("owner");
  if (socket.read("group", target.group)) target.group_source = socket.source("group");
  std::string mode;
  if (socket.read("mode", mode)) {
    const bool octal = mode.find_first_not_of("01234567") == std::string::npos;
    const bool fits = mode.size() == 3 || (mode.size() == 4 && mode[0] == '0');
    if (octal && fits) {
      target.mode = static_cast<std::uint32_t>(std::stoul(mode, nullptr, 8));
    } else {
      socket.problem(
          "mode", "expected three octal digits, got " + in_quotes(mode) + "; write it as \"0660\"");
    }
  }
  socket.refuse_unknown();
}

void read_health(Fields health, AppHealth& target) {
  health.read("enabled", target.enabled);
  if (health.read("path", target.path)) note(health, "path", check_health_path(target.path));
  health.read("interval", target.interval);
  health.read("timeout", target.timeout);
  std::int64_t threshold = target.threshold;
  health.read("threshold", Range{1, 1'000'000}, threshold);
  target.threshold = static_cast<std::uint32_t>(threshold);
  if (target.timeout >= target.interval) {
    health.problem("timeout", "expected less than the interval " +
                                  format_duration(target.interval) + ", got " +
                                  format_duration(target.timeout) +
                                  "; shorten it or lengthen the interval");
  }
  health.refuse_unknown();
}

// Where and how the app is called.
void read_channel(Fields& spec, App& app) {
  if (spec.read("address", app.address)) note(spec, "address", check_app_address(app.address));
  spec.read("port", app.port);
  std::string protocol;
  if (spec.read("protocol", protocol)) {
    const auto known = parse_app_protocol(protocol);
    if (known) app.protocol = *known;
    if (!known) spec.problem("protocol", known.error().message);
  }
  std::int64_t concurrency = 0;
  spec.read("maxConcurrency", Range{INT32_MIN, INT32_MAX}, concurrency);
  app.max_concurrency = static_cast<std::uint32_t>(std::max<std::int64_t>(concurrency, 0));
  if (app.port && app.address.starts_with("unix:")) {
    spec.problem("port", "is not used where the address is a socket; remove one of the two");
  }
}

void read_namespace(Document& document, Fields& spec, App& app) {
  if (!document.name_space.empty()) app.name_space = document.name_space;
  const bool below_spec = spec.read("namespace", app.name_space);
  if (const auto fits = check_app_id(app.name_space); !fits) {
    (below_spec ? spec : document.metadata)
        .problem("namespace", "expected 1..63 letters, digits, '-' and '_', got " +
                                  in_quotes(app.name_space) + "; choose another namespace");
  }
}

}  // namespace

std::optional<Value> read_own_value(Fields& fields, std::string_view name) {
  Fields given = fields.map(name);
  if (!given.is_present()) return std::nullopt;
  Value value = read_value(given, Origin::kOurs);
  const bool is_empty = value.from == Value::From::kText && value.text.empty();
  if (given.has("value") && is_empty) {
    given.problem("value", "expected a text, got nothing; write one, or remove the field");
  }
  given.refuse_unknown();
  return value;
}

std::string read_own_secret_store(Document& document,
                                  const std::vector<const std::optional<Value>*>& values) {
  std::string store;
  Fields auth = document.root.map("auth");
  auth.read("secretStore", store);
  auth.refuse_unknown();
  for (const auto* value : values) {
    const bool is_secret = value->has_value() && (*value)->from == Value::From::kSecret;
    if (!is_secret || !store.empty()) continue;
    document.root.problem("auth.secretStore", "missing, and " + (*value)->field +
                                                  " refers to a secret; name the secret store");
  }
  return store;
}

App read_app(Document& document) {
  App app;
  app.id = required_name(document);
  app.source = document.source();
  if (!app.id.empty()) note(document.metadata, "name", check_app_id(app.id));
  Fields spec = document.root.map("spec");
  read_channel(spec, app);
  read_namespace(document, spec, app);
  read_lane_id(spec, "lane", app.lane);
  read_socket(spec.map("socket"), app.socket);
  Fields api = spec.map("api");
  api.read("port", app.api_port);
  api.read("grpcPort", app.api_grpc_port);
  app.api_token = read_own_value(api, "token");
  api.refuse_unknown();
  app.app_token = read_own_value(spec, "appToken");
  read_health(spec.map("health"), app.health);
  if (app.health.enabled && !app.has_channel()) {
    spec.problem("health", "needs an app that can be called; add spec.port, or remove it");
  }
  spec.refuse_unknown();
  app.secret_store = read_own_secret_store(document, {&app.api_token, &app.app_token});
  document.root.refuse_unknown();
  return app;
}

}  // namespace edge::daemon
