// RetainedTopics: what components want to know of the broker, on whichever connection there is.
//
// Topics begin with "e1/c/" (sync reference §7.1). They are subscribed with QoS 0: what is retained
// comes again with each connection, so nothing is lost with a message, and a broker keeps none of
// them for a hub that is away, where they would take the place of commands. Loop thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "components/cloud/cloud.h"

namespace edge::sync {

// A connection that can be asked.
class TopicLink {
 public:
  virtual ~TopicLink() = default;
  virtual void ask(const std::string& topic) = 0;
  virtual void drop(const std::string& topic) = 0;
};

class RetainedTopics final : public components::Cloud {
 public:
  static constexpr std::string_view kPrefix = "e1/c/";

  RetainedTopics() = default;
  RetainedTopics(std::string uplink, std::string hub)
      : uplink_(std::move(uplink)), hub_(std::move(hub)) {}

  void set_lanes(std::vector<std::string> lanes);

  // The link is there until unlinked() is called with it.
  void linked(TopicLink& link);
  void unlinked(const TopicLink& link, const std::string& why);
  void received(const std::string& topic, const std::string& payload);
  void denied(const std::string& topic);

  [[nodiscard]] std::string uplink() const override { return uplink_; }
  [[nodiscard]] std::string hub() const override { return hub_; }
  [[nodiscard]] std::vector<std::string> lanes() const override { return lanes_; }
  void attach(components::CloudReader& reader) override;
  void leave(components::CloudReader& reader) override;
  void ask(components::CloudReader& reader, const std::string& topic) override;
  void drop(components::CloudReader& reader, const std::string& topic) override;

 private:
  using Readers = std::set<components::CloudReader*>;

  // A call may change who reads.
  template <class Call>
  static void tell(const Readers& readers, const Call& call);
  [[nodiscard]] Readers readers_of(const std::string& topic) const;

  std::string uplink_;
  std::string hub_;
  std::vector<std::string> lanes_;
  TopicLink* link_ = nullptr;
  Readers readers_;
  std::map<std::string, Readers> topics_;
};

}  // namespace edge::sync
