// From a document to a typed resource; what is wrong goes to the document's problems.
#pragma once

#include "edge/daemon/resources/app.h"
#include "edge/daemon/resources/component.h"
#include "edge/daemon/resources/configuration.h"
#include "edge/daemon/resources/document.h"
#include "edge/daemon/resources/subscription.h"

namespace edge::daemon {

App read_app(Document& document);
Component read_component(Document& document);
HttpEndpoint read_http_endpoint(Document& document);
Subscription read_subscription(Document& document);

// Over what `target` holds already: later documents win, field by field.
void read_configuration(Document& document, Configuration& target);

}  // namespace edge::daemon
