// From a document to a typed resource; what is wrong goes to the document's problems.
#pragma once

#include "edge/daemon/resources/app.h"
#include "edge/daemon/resources/component.h"
#include "edge/daemon/resources/configuration.h"
#include "edge/daemon/resources/document.h"
#include "edge/daemon/resources/lane.h"
#include "edge/daemon/resources/peer.h"
#include "edge/daemon/resources/subscription.h"
#include "edge/daemon/resources/uplink.h"

namespace edge::daemon {

App read_app(Document& document);
Component read_component(Document& document);
HttpEndpoint read_http_endpoint(Document& document);
Subscription read_subscription(Document& document);
Lane read_lane(Document& document);
LaneRules read_lane_rules(Document& document);
Uplink read_uplink(Document& document);
Peer read_peer(Document& document);

// The name of a lane below `name`, also as it was written. Nothing where it is absent or no name.
std::optional<policy::LaneId> read_lane_id(Fields& fields, std::string_view name,
                                           std::string& text);
// "expires", a time. Source: RFC 3339.
void read_expires(Fields& fields, std::optional<WallTime>& target);

// Of our own kinds: {value | secretKeyRef | envRef} below `name`, not empty where it is there.
std::optional<Value> read_own_value(Fields& fields, std::string_view name);
// Of our own kinds: auth.secretStore, which must be there where one of `values` is a secret.
std::string read_own_secret_store(Document& document,
                                  const std::vector<const std::optional<Value>*>& values);

// Over what `target` holds already: later documents win, field by field.
void read_configuration(Document& document, Configuration& target);

}  // namespace edge::daemon
