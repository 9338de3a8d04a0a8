#include "edge/daemon/resources/readers.h"
#include "edge/daemon/resources/value_reader.h"
#include "edge/net/mqtt/server_url.h"
#include "edge/policy/topic_filter.h"
#include "sync/run/envelope.h"

namespace edge::daemon {
namespace {

using sync::Class;
using sync::OnFull;

constexpr Range kMessages{1, 100'000'000};
constexpr Range kDrainRate{0, 1'000'000};
constexpr std::int64_t kFewestBytes = std::int64_t{64} << 10;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 40;
constexpr Duration kShortestPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::hours(24);

// Gives the way to the server; kPlain where the URL is at fault.
mqtt::Transport read_url(Fields& spec, Uplink& uplink) {
  spec.require("url", uplink.url, "write where the broker is, as mqtts://broker.example.com");
  if (uplink.url.empty()) return mqtt::Transport::kPlain;
  const auto parsed = mqtt::parse_server_url(uplink.url);
  if (parsed) return parsed->transport;
  spec.problem("url", parsed.error().message);
  return mqtt::Transport::kPlain;
}

void read_hub(Fields& spec, std::string& hub) {
  spec.require("hub", hub, "name the hub as the cloud knows it");
  if (hub.empty()) return;
  if (const auto fine = sync::check_hub_id(hub); !fine) {
    spec.problem("hub", fine.error().message + "; choose another id");
  }
}

std::optional<Value> read_secret(Fields& spec, std::string_view name) {
  Fields fields = spec.map(name);
  if (!fields.is_present()) return std::nullopt;
  Value value = read_value(fields, Origin::kOurs);
  fields.refuse_unknown();
  return value;
}

void read_certificates(Fields& spec, mqtt::Transport transport, Uplink& uplink) {
  uplink.ca_cert = read_secret(spec, "caCert");
  uplink.client_cert = read_secret(spec, "clientCert");
  uplink.client_key = read_secret(spec, "clientKey");
  const bool has_any = uplink.ca_cert || uplink.client_cert || uplink.client_key;
  if (has_any && transport == mqtt::Transport::kPlain) {
    spec.problem("url", "is not encrypted while there are certificates; write mqtts://");
  }
  if (uplink.client_cert.has_value() != uplink.client_key.has_value()) {
    spec.problem("", "clientCert and clientKey go together; add the other one");
  }
}

std::optional<Class> class_named(std::string_view name) {
  for (const Class cls : sync::kAllClasses) {
    if (name == sync::name_of(cls)) return cls;
  }
  return std::nullopt;
}

void read_topic(Fields& item, Uplink& uplink) {
  UplinkTopic topic;
  item.require("pubsub", topic.pubsub, "name the pub/sub component");
  item.require("topic", topic.filter, "write a topic, or a filter such as alarms/#");
  if (!topic.filter.empty() && !policy::is_topic_filter(topic.filter)) {
    item.problem("topic", "expected '+' to be a whole level and '#' the last one, got " +
                              in_quotes(topic.filter) + "; write it as alarms/# or floor/+/light");
  }
  std::string name;
  item.require("class", name, "choose alarm, event or telemetry");
  if (const auto cls = class_named(name)) {
    topic.cls = *cls;
  } else if (!name.empty()) {
    item.problem("class", "expected alarm, event or telemetry, got " + in_quotes(name) +
                              "; choose one of them");
  }
  item.read("ttl", topic.ttl);
  item.refuse_unknown();
  uplink.topics.push_back(std::move(topic));
}

void read_bytes(Fields& fields, std::int64_t& target) {
  std::string text;
  if (!fields.read("bytes", text)) return;
  const auto bytes = parse_quantity(text);
  if (bytes && *bytes >= kFewestBytes && *bytes <= kMostBytes) {
    target = *bytes;
    return;
  }
  fields.problem("bytes", "expected 64Ki to 1Ti, got " + in_quotes(text) + "; write it as 16Mi");
}

void read_on_full(Fields& fields, Class cls, OnFull& target) {
  std::string text;
  if (!fields.read("onFull", text)) return;
  if (text == "reject-new") {
    target = OnFull::kRejectNew;
  } else if (text != "drop-oldest") {
    fields.problem("onFull", "expected reject-new or drop-oldest, got " + in_quotes(text) +
                                 "; choose one of them");
  } else if (cls == Class::kAlarm) {
    fields.problem("onFull", "alarms are not dropped for room; write reject-new");
  } else {
    target = OnFull::kDropOldest;
  }
}

void read_limits(Fields limits, Uplink& uplink) {
  for (const Class cls : sync::kAllClasses) {
    sync::ClassLimits& target = uplink.limits[sync::index_of(cls)];
    Fields fields = limits.map(sync::name_of(cls));
    fields.read("messages", kMessages, target.max_rows);
    read_bytes(fields, target.max_bytes);
    read_on_full(fields, cls, target.on_full);
    fields.refuse_unknown();
  }
  limits.refuse_unknown();
}

void read_pause(Fields& spec, Duration& target) {
  spec.read("maxReconnectInterval", target);
  if (target < kShortestPause || target > kLongestPause) {
    spec.problem("maxReconnectInterval", "expected 100ms to 24h; write it as 5m");
  }
}

void read_mqtt_version(Fields& spec, bool& mqtt5) {
  std::string text;
  if (!spec.read("mqttVersion", text) || text == "auto") return;
  mqtt5 = false;
  if (text == "3.1.1") return;
  spec.problem("mqttVersion", "expected auto or \"3.1.1\", got " + in_quotes(text) +
                                  "; choose auto for MQTT 5 where the broker speaks it");
}

void check_references(Document& document, const Uplink& uplink) {
  const auto values = {&uplink.password, &uplink.ca_cert, &uplink.client_cert, &uplink.client_key,
                       &uplink.signing_keys};
  for (const auto* value : values) {
    const bool is_secret = value->has_value() && (*value)->from == Value::From::kSecret;
    if (!is_secret || !uplink.secret_store.empty()) continue;
    document.root.problem("auth.secretStore", "missing, and " + (*value)->field +
                                                  " refers to a secret; name the secret store");
    return;
  }
}

}  // namespace

Uplink read_uplink(Document& document) {
  Uplink uplink;
  uplink.name = required_name(document);
  uplink.source = document.source();
  Fields spec = document.root.map("spec", Need::kRequired);
  const mqtt::Transport transport = read_url(spec, uplink);
  read_hub(spec, uplink.hub);
  spec.read("username", uplink.username);
  uplink.password = read_secret(spec, "password");
  read_certificates(spec, transport, uplink);
  read_pause(spec, uplink.max_reconnect_interval);
  spec.read("drainRate", kDrainRate, uplink.drain_rate);
  spec.each("topics", [&uplink](Fields& item) { read_topic(item, uplink); });
  read_limits(spec.map("limits"), uplink);
  spec.read("assignLanes", uplink.assign_lanes);
  uplink.signing_keys = read_secret(spec, "signingKeys");
  read_mqtt_version(spec, uplink.mqtt5);
  spec.refuse_unknown();
  Fields auth = document.root.map("auth");
  auth.read("secretStore", uplink.secret_store);
  auth.refuse_unknown();
  check_references(document, uplink);
  document.root.refuse_unknown();
  return uplink;
}

}  // namespace edge::daemon
