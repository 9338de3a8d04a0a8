// A subscription of an app: to what, and where its messages go. Source: wire reference §3.6-§3.8.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "components/pubsub/pubsub.h"
#include "edge/base/time.h"
#include "edge/blocks/pubsub/cel/expression.h"

namespace edge::blocks {

// Where a subscription was made; one that the app made itself overrides a declared one.
enum class Origin : std::uint8_t { kDeclarative, kProgrammatic, kStreaming };

struct BulkDelivery {
  bool enabled = false;
  std::size_t max_messages = 100;
  Duration max_await = std::chrono::milliseconds(1000);

  bool operator==(const BulkDelivery&) const = default;
};

struct RuleText {
  std::string match;  // CEL; "" always holds
  std::string path;

  bool operator==(const RuleText&) const = default;
};

// A subscription in plain values, as a file or an app says it.
struct SubscriptionText {
  std::string pubsub;
  std::string topic;
  std::vector<RuleText> rules;
  std::optional<std::string> default_path;  // where no rule holds; nothing: the message is dropped
  pubsub::Metadata metadata;
  std::string dead_letter_topic;  // "" none
  BulkDelivery bulk;
  std::vector<std::string> scopes;  // app ids; empty: every app that can be called
  Origin origin = Origin::kDeclarative;

  bool operator==(const SubscriptionText&) const = default;
};

// With its rules compiled. Cheap to copy as far as the rules go.
class TopicSubscription {
 public:
  // Errors: kInvalidArgument: no pubsub, topic or route; a dead letter topic that is the topic; a
  // rule that does not compile ("rule 2: column 7: ..."); a metadata rawPayload that is no bool;
  // bulk limits of 0 or too large.
  static Result<TopicSubscription> build(SubscriptionText text);

  [[nodiscard]] const SubscriptionText& text() const noexcept { return text_; }
  [[nodiscard]] const std::string& pubsub() const noexcept { return text_.pubsub; }
  [[nodiscard]] const std::string& topic() const noexcept { return text_.topic; }
  [[nodiscard]] bool is_raw() const noexcept { return raw_; }
  [[nodiscard]] bool is_for(std::string_view app_id) const;
  // Whether the path depends on the message.
  [[nodiscard]] bool has_conditions() const noexcept;

  // The path for `event`; nothing where no rule holds. `event` is looked at only where
  // has_conditions(). Errors: of the first rule that could not be evaluated.
  [[nodiscard]] Result<std::optional<std::string>> route(const nlohmann::json& event) const;

  bool operator==(const TopicSubscription& other) const { return text_ == other.text_; }

 private:
  struct Rule {
    std::optional<cel::Expression> match;
    std::string path;
  };

  SubscriptionText text_;
  std::vector<Rule> rules_;  // the default last
  bool raw_ = false;
};

// What one app subscribes to: of several declared for a (pubsub, topic) the first that is for it,
// and its own in place of any.
std::vector<TopicSubscription> subscriptions_of(std::string_view app_id,
                                                const std::vector<TopicSubscription>& declared,
                                                const std::vector<TopicSubscription>& own);

bool is_raw_payload(std::string_view name) noexcept;
// The value of the metadata rawPayload; absent is false. Errors: kInvalidArgument with daprd's
// text.
Result<bool> raw_payload(const pubsub::Metadata& metadata);

}  // namespace edge::blocks
