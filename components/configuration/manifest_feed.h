// ManifestFeed: keeps a replica as the retained manifests of its layers are.
//
// A manifest is taken over when all its items are there and as it says, all at once; until then,
// and where it is refused, what was taken over before stays. The broker says it again with each
// connection; one that was there before and is not said again is missed, and makes the copy stale.
// Source: sync reference §4.4, §4.5, §7.1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/cloud/cloud.h"
#include "components/configuration/feed.h"
#include "components/configuration/manifest_reader.h"
#include "components/configuration/overlay.h"
#include "components/replica/replica.h"
#include "edge/base/backoff.h"
#include "edge/loop/task_group.h"

namespace edge::configuration {

struct ManifestFeedOptions {
  std::string store;               // the component's name, for messages
  std::string layer;               // "base"; what stands before a name: "lane"
  LayerKind kind{};                // kByLane: the hub's; kByDevice: of the names
  std::vector<std::string> names;  // of devices
  Duration audit_interval{};
  replica::TrustRef trust;
};

class ManifestFeed final : public Feed, private components::CloudReader {
 public:
  // All of it outlives the feed.
  ManifestFeed(Loop& loop, components::Cloud& cloud, replica::Replica& replica,
               ManifestFeedOptions options, OnStep on_step);

  void start() override;
  Task<void> close() override;
  Task<Status> refresh(Ctx ctx) override;

  [[nodiscard]] bool is_live() const noexcept override { return live_; }
  [[nodiscard]] const std::string& last_error() const noexcept override { return last_error_; }
  [[nodiscard]] Refusal refusal() const override;

 private:
  // A manifest that is not taken over yet.
  struct Coming {
    Announcement said;
    std::size_t bytes = 0;
    std::map<std::string, std::string> missing;  // SHA-256 of chunks, by their topics
  };
  // A layer of its own topic.
  struct Source {
    std::string layer;
    std::string prefix;  // of its keys in the replica
    std::optional<replica::Issue> accepted;
    std::optional<Coming> coming;
    bool heard = false;   // on this connection
    bool taking = false;  // what has come, right now
    std::string problem;  // why what came is not taken over; "" where it is
    std::string refused;  // the digest of what was refused last

    void settle() {
      problem.clear();
      refused.clear();
    }
  };

  void linked() override;
  void unlinked(const std::string& why) override;
  void received(const std::string& topic, const std::string& payload) override;
  void denied(const std::string& topic) override;
  void lanes_changed() override;

  Task<void> run(Ctx ctx);
  Task<void> take(std::string topic);
  void took(const std::string& topic, const Announcement& said,
            const Result<replica::Applied>& done);

  void follow(const std::vector<std::string>& names);
  void add_source(const std::string& name);
  void announced(Source& source, const std::string& payload);
  [[nodiscard]] Status expect(Source& source, Announcement said);
  void chunk_came(const std::string& topic, const std::string& payload);
  void forget_coming(Source& source);
  [[nodiscard]] Status check_whole(Source& source) const;
  void note_bad_chunk(Source& source, const std::string& topic);
  void refuse(Source& source, const std::string& payload, const Error& why);
  [[nodiscard]] std::optional<std::string> next_whole() const;
  [[nodiscard]] bool is_settled(const Source& source) const;
  [[nodiscard]] std::string overdue() const;
  void ask_again();
  void note();

  Loop& loop_;
  components::Cloud& cloud_;
  replica::Replica& replica_;
  ManifestFeedOptions options_;
  OnStep on_step_;
  std::map<std::string, Source> sources_;  // by topic
  bool linked_ = false;
  bool live_ = false;
  bool confirmed_ = false;  // what the broker has is what the replica has
  TimePoint next_audit_;
  TimePoint next_try_;  // where something is overdue
  std::uint64_t refusals_ = 0;
  std::string last_error_;
  Backoff pauses_;
  Event changed_;
  Event settled_;
  TaskGroup tasks_;
};

}  // namespace edge::configuration
