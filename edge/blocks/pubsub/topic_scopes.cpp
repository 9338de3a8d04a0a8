#include "edge/blocks/pubsub/topic_scopes.h"

#include "edge/base/strings.h"

namespace edge::blocks {
namespace {

std::string_view value_of(const pubsub::Metadata& metadata, std::string_view name) {
  for (const auto& [known, value] : metadata) {
    if (equals_ignoring_case(known, name)) return value;
  }
  return {};
}

// "a, b c" as "a,bc".
std::string without_blanks(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') kept.push_back(c);
  }
  return kept;
}

}  // namespace

TopicScopes::Topics TopicScopes::parse_topics(std::string_view text) {
  Topics topics;
  for (const std::string_view topic : split(text, ',')) {
    if (!topic.empty()) topics.emplace(topic);
  }
  return topics;
}

TopicScopes::ByApp TopicScopes::parse_apps(std::string_view text) {
  ByApp apps;
  const std::string kept = without_blanks(text);
  for (const std::string_view entry : split(kept, ';')) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    apps[std::string(entry.substr(0, equals))] = parse_topics(entry.substr(equals + 1));
  }
  return apps;
}

TopicScopes TopicScopes::parse(const pubsub::Metadata& component) {
  TopicScopes scopes;
  scopes.allowed_ = parse_topics(without_blanks(value_of(component, "allowedTopics")));
  scopes.protected_ = parse_topics(without_blanks(value_of(component, "protectedTopics")));
  scopes.publish_ = parse_apps(value_of(component, "publishingScopes"));
  scopes.subscribe_ = parse_apps(value_of(component, "subscriptionScopes"));
  return scopes;
}

bool TopicScopes::allows(std::string_view app_id, std::string_view topic, TopicUse use) const {
  if (!allowed_.empty() && !allowed_.contains(topic)) return false;
  const ByApp& apps = use == TopicUse::kPublish ? publish_ : subscribe_;
  const auto app = apps.find(app_id);
  if (app == apps.end()) return !protected_.contains(topic);
  return app->second.contains(topic);
}

}  // namespace edge::blocks
