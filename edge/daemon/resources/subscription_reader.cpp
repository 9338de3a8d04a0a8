#include "edge/daemon/resources/readers.h"

namespace edge::daemon {
namespace {

constexpr Range kBulkMessages{1, 10'000};
constexpr Range kBulkWaitMs{1, 3'600'000};

// v1alpha1: one route, which every message takes.
void read_route(Fields& spec, Subscription& out) {
  spec.require("route", out.default_path, "write the path of the app that takes the messages");
}

void read_routes(Fields& spec, Subscription& out) {
  Fields routes = spec.map("routes", Need::kRequired);
  routes.each("rules", [&out](Fields& item) {
    SubscriptionRule rule;
    item.read("match", rule.match);
    item.require("path", rule.path, "write the path of the app that takes what matches");
    out.rules.push_back(std::move(rule));
  });
  routes.read("default", out.default_path);
  if (routes.is_present() && out.rules.empty() && out.default_path.empty()) {
    routes.problem("", "has neither rules nor a default; add default: /path");
  }
}

void read_bulk(Fields bulk, BulkSubscribe& out) {
  bulk.read("enabled", out.enabled);
  std::int64_t messages = out.max_messages;
  if (bulk.read("maxMessagesCount", kBulkMessages, messages)) {
    out.max_messages = static_cast<std::uint32_t>(messages);
  }
  std::int64_t wait_ms = 0;
  if (bulk.read("maxAwaitDurationMs", kBulkWaitMs, wait_ms)) {
    out.max_await = std::chrono::milliseconds(wait_ms);
  }
}

}  // namespace

Subscription read_subscription(Document& document) {
  Subscription out;
  out.name = required_name(document);
  out.name_space = document.name_space;
  out.source = document.source();
  out.fingerprint = document.root.fingerprint();
  Fields spec = document.root.map("spec", Need::kRequired);
  spec.require("pubsubname", out.pubsub, "name the pub/sub component");
  spec.require("topic", out.topic, "name the topic");
  if (document.api_version == "dapr.io/v1alpha1") {
    read_route(spec, out);
  } else {
    read_routes(spec, out);
  }
  spec.map("metadata").read_all(out.metadata);
  spec.read("deadLetterTopic", out.dead_letter_topic);
  read_bulk(spec.map("bulkSubscribe"), out.bulk);
  warn_of_unknown(document, spec);
  document.root.read("scopes", out.scopes);
  return out;
}

}  // namespace edge::daemon
