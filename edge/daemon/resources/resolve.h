// Filling in what resources refer to: environment variables and secrets.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "edge/daemon/resources/resources.h"

namespace edge::daemon {

// Every envRef. For components and endpoints as in Dapr: a refused variable (DAPR_*,
// APP_API_TOKEN, one with a blank, one that DAPR_ENV_KEYS does not list) is an empty text and a
// warning, one that is not set an empty text.
// Errors: kInvalidArgument for an app's token that is refused, not set or empty: the API must
// not open because a variable is missing.
Status resolve_env(Resources& resources, const EnvLookup& environment);

// The values that wait for their secret. They point into the resource.
std::vector<Value*> pending_secrets(Component& component);
std::vector<Value*> pending_secrets(HttpEndpoint& endpoint);
std::vector<Value*> pending_secrets(Peer& peer);
std::vector<Value*> pending_secrets(App& app);
std::vector<Value*> pending_secrets(LaneRules& rules);

using SecretLookup = std::function<Result<std::string>(
    std::string_view store, std::string_view name, std::string_view key)>;

// Errors: the lookup's code, naming file, line, field, secret and store; the values found before
// it are filled in.
Status resolve_secrets(Component& component, const SecretLookup& lookup);
Status resolve_secrets(HttpEndpoint& endpoint, const SecretLookup& lookup);
Status resolve_secrets(App& app, const SecretLookup& lookup);

// For lookups that wait: one value, filled in from what its store answered.
Status fill(Value& value, std::string_view store, const Result<std::string>& answer);

}  // namespace edge::daemon
