#include "edge/daemon/resources/value_reader.h"

namespace edge::daemon {
namespace {

void read_secret(Fields fields, Value& value) {
  value.from = Value::From::kSecret;
  value.resolved = false;
  fields.require("name", value.secret, "name the secret");
  value.key = value.secret;
  fields.read("key", value.key);
}

}  // namespace

Value read_value(Fields& fields, Origin origin) {
  Value value;
  value.source = fields.source();
  value.field = fields.path();
  const yaml::Node* text = fields.find("value");
  const bool has_secret = fields.has("secretKeyRef");
  const bool has_variable = fields.has("envRef");
  const int given =
      (text != nullptr) + static_cast<int>(has_secret) + static_cast<int>(has_variable);
  if (origin == Origin::kOurs && fields.is_map() && given != 1) {
    fields.problem("", "expected one of value, secretKeyRef and envRef, got " +
                           std::to_string(given) + "; keep exactly one");
  }
  if (has_secret) {
    read_secret(fields.map("secretKeyRef"), value);
  } else if (text == nullptr && has_variable) {
    value.from = Value::From::kEnvironment;
    value.resolved = false;
    fields.require("envRef", value.variable, "name the environment variable");
  } else if (text != nullptr && origin == Origin::kDapr) {
    value.text = yaml::to_plain_text(*text);
  } else if (text != nullptr) {
    fields.read("value", value.text);
  }
  return value;
}

}  // namespace edge::daemon
