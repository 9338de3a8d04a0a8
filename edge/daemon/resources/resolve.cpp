#include "edge/daemon/resources/resolve.h"

#include <algorithm>
#include <optional>

#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

std::vector<Value*> values(Component& component) {
  std::vector<Value*> out;
  for (NamedValue& item : component.metadata) out.push_back(&item.value);
  return out;
}

void add(std::vector<Value*>& out, std::optional<Value>& value) {
  if (value) out.push_back(&*value);
}

std::vector<Value*> values(HttpEndpoint& endpoint) {
  std::vector<Value*> out;
  for (NamedValue& header : endpoint.headers) out.push_back(&header.value);
  add(out, endpoint.root_ca);
  add(out, endpoint.certificate);
  add(out, endpoint.private_key);
  return out;
}

std::vector<Value*> values(App& app) {
  std::vector<Value*> out;
  add(out, app.api_token);
  add(out, app.app_token);
  return out;
}

std::vector<Value*> values(LaneRules& rules) {
  std::vector<Value*> out;
  add(out, rules.user_key);
  return out;
}

std::vector<Value*> values(Uplink& uplink) {
  std::vector<Value*> out;
  add(out, uplink.password);
  add(out, uplink.ca_cert);
  add(out, uplink.client_cert);
  add(out, uplink.client_key);
  add(out, uplink.signing_keys);
  return out;
}

std::vector<Value*> values(Peer& peer) {
  std::vector<Value*> out;
  add(out, peer.token);
  add(out, peer.root_ca);
  return out;
}

template <class Item>
std::vector<Value*> pending(Item& item) {
  std::vector<Value*> out = values(item);
  std::erase_if(out, [](const Value* value) {
    return value->resolved || value->from != Value::From::kSecret;
  });
  return out;
}

template <class Item>
Status resolve(Item& item, const SecretLookup& lookup) {
  for (Value* value : pending(item)) {
    const auto answer = lookup(item.secret_store, value->secret, value->key);
    if (const Status done = fill(*value, item.secret_store, answer); !done) return done;
  }
  return {};
}

class Environment {
 public:
  explicit Environment(const EnvLookup& lookup)
      : lookup_(lookup), listed_(lookup("DAPR_ENV_KEYS").value_or("")) {}

  // "" where the variable may be used. Source: the wire reference §14.1.
  [[nodiscard]] std::string refusal(const std::string& name) const {
    if (starts_with_ignoring_case(name, "DAPR_")) return "variables of Dapr may not be used";
    if (equals_ignoring_case(name, "APP_API_TOKEN")) return "this variable may not be used";
    if (name.contains(' ')) return "a variable's name holds no blank";
    if (listed_.empty()) return "";
    const auto same = [&](std::string_view key) { return equals_ignoring_case(key, name); };
    if (std::ranges::any_of(split(listed_, ' '), same)) return "";
    return "DAPR_ENV_KEYS does not list it";
  }

  [[nodiscard]] std::string text(const std::string& name) const {
    return lookup_(name).value_or("");
  }

 private:
  const EnvLookup& lookup_;
  std::string listed_;
};

bool waits_for_variable(const Value& value) {
  return !value.resolved && value.from == Value::From::kEnvironment;
}

void fill_as_dapr(Value& value, const Environment& environment) {
  if (!waits_for_variable(value)) return;
  value.resolved = true;
  const std::string refusal = environment.refusal(value.variable);
  if (refusal.empty()) {
    value.text = environment.text(value.variable);
    return;
  }
  log::warn("edge.resources", "an environment variable is refused and stays empty",
            {{"variable", value.variable},
             {"field", value.field},
             {"at", to_text(value.source)},
             {"why", refusal}});
}

void fill_token(Value& value, const Environment& environment, Problems& problems) {
  if (!waits_for_variable(value)) return;
  const std::string refusal = environment.refusal(value.variable);
  if (refusal.empty()) value.text = environment.text(value.variable);
  value.resolved = !value.text.empty();
  if (value.resolved) return;
  const std::string why = refusal.empty() ? "it is not set or empty" : refusal;
  problems.add(value.source, value.field + ".envRef",
               "the environment variable " + in_quotes(value.variable) + " gives no token: " + why +
                   (refusal.empty() ? "; set it" : "; use another variable"));
}

}  // namespace

Status resolve_env(Resources& resources, const EnvLookup& lookup) {
  const Environment environment(lookup);
  Problems problems;
  for (Component& item : resources.components) {
    for (Value* value : values(item)) fill_as_dapr(*value, environment);
  }
  for (HttpEndpoint& item : resources.http_endpoints) {
    for (Value* value : values(item)) fill_as_dapr(*value, environment);
  }
  for (App& app : resources.apps) {
    for (Value* value : values(app)) fill_token(*value, environment, problems);
  }
  for (Peer& peer : resources.peers) {
    for (Value* value : values(peer)) fill_token(*value, environment, problems);
  }
  if (resources.lane_rules) {
    for (Value* value : values(*resources.lane_rules)) fill_token(*value, environment, problems);
  }
  if (resources.uplink) {
    for (Value* value : values(*resources.uplink)) fill_token(*value, environment, problems);
  }
  return problems.status();
}

std::vector<Value*> pending_secrets(Component& component) {
  return pending(component);
}
std::vector<Value*> pending_secrets(HttpEndpoint& endpoint) {
  return pending(endpoint);
}
std::vector<Value*> pending_secrets(App& app) {
  return pending(app);
}
std::vector<Value*> pending_secrets(LaneRules& rules) {
  return pending(rules);
}
std::vector<Value*> pending_secrets(Uplink& uplink) {
  return pending(uplink);
}
std::vector<Value*> pending_secrets(Peer& peer) {
  return pending(peer);
}

Status resolve_secrets(Component& component, const SecretLookup& lookup) {
  return resolve(component, lookup);
}
Status resolve_secrets(HttpEndpoint& endpoint, const SecretLookup& lookup) {
  return resolve(endpoint, lookup);
}
Status resolve_secrets(App& app, const SecretLookup& lookup) {
  return resolve(app, lookup);
}

Status fill(Value& value, std::string_view store, const Result<std::string>& answer) {
  if (answer) {
    value.text = *answer;
    value.resolved = true;
    return {};
  }
  const std::string which = value.key == value.secret ? "" : " (key " + in_quotes(value.key) + ")";
  return Error{answer.error().code, to_text(value.source) + ": " + value.field +
                                        ".secretKeyRef: the secret " + in_quotes(value.secret) +
                                        which + " of the store " + in_quotes(store) +
                                        " cannot be read: " + answer.error().message +
                                        "; check the secret's name and that the store is loaded"};
}

}  // namespace edge::daemon
