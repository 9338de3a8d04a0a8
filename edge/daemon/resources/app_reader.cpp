#include <algorithm>

#include "edge/daemon/resources/readers.h"
#include "edge/daemon/resources/value_reader.h"

namespace edge::daemon {
namespace {

void note(Fields& fields, std::string_view name, const Status& status) {
  if (!status) fields.problem(name, status.error().message);
}

std::optional<Value> read_token(Fields& fields, std::string_view name) {
  Fields token = fields.map(name);
  if (!token.is_present()) return std::nullopt;
  Value value = read_value(token, Origin::kOurs);
  const bool is_empty = value.from == Value::From::kText && value.text.empty();
  if (token.has("value") && is_empty) {
    token.problem("value", "expected a token, got nothing; write one, or remove the field");
  }
  token.refuse_unknown();
  return value;
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

void check_references(Document& document, const App& app) {
  for (const auto* value : {&app.api_token, &app.app_token}) {
    const bool is_secret = value->has_value() && (*value)->from == Value::From::kSecret;
    if (!is_secret || !app.secret_store.empty()) continue;
    document.root.problem("auth.secretStore", "missing, and " + (*value)->field +
                                                  " refers to a secret; name the secret store");
  }
}

}  // namespace

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
  app.api_token = read_token(api, "token");
  api.refuse_unknown();
  app.app_token = read_token(spec, "appToken");
  read_health(spec.map("health"), app.health);
  if (app.health.enabled && !app.has_channel()) {
    spec.problem("health", "needs an app that can be called; add spec.port, or remove it");
  }
  spec.refuse_unknown();
  Fields auth = document.root.map("auth");
  auth.read("secretStore", app.secret_store);
  auth.refuse_unknown();
  check_references(document, app);
  document.root.refuse_unknown();
  return app;
}

}  // namespace edge::daemon
