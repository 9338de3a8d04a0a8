// The way to an app that gets its messages over HTTP. Source: wire reference §3.6, §3.9, §3.11.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge/blocks/apps/app.h"
#include "edge/blocks/pubsub/subscriber_channel.h"

namespace edge::api {

class HttpSubscriber final : public blocks::SubscriberChannel {
 public:
  // `app` can be called, and outlives this.
  explicit HttpSubscriber(blocks::App& app) : app_(app) {}

  Task<Result<std::vector<blocks::TopicSubscription>>> list(Ctx ctx) override;
  Task<blocks::Outcome> deliver(Ctx ctx, const blocks::EventCall* call) override;
  Task<std::vector<blocks::Outcome>> deliver_all(Ctx ctx,
                                                 const blocks::BulkEventCall* call) override;

 private:
  struct Answer {
    int status = 0;
    std::string body;  // "" where it was longer than is looked at
  };
  Task<Result<Answer>> post(Ctx ctx, std::string_view path, const HeaderList* headers,
                            std::string_view body);
  Task<Result<Answer>> exchange(Ctx ctx, blocks::Call* call);

  blocks::App& app_;
};

// {"id":...,"entries":[...]}
std::string bulk_event_body(const blocks::BulkEventCall& call);

}  // namespace edge::api
