#include "edge/daemon/secret_news.h"

#include <utility>

#include "edge/base/json_writer.h"
#include "edge/base/log.h"
#include "edge/blocks/pubsub/envelope.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kScope = "edge.secrets.replica";
constexpr std::string_view kSource = "edgelane";
constexpr const char* kType = "io.edgelane.secret.changed.v1";
constexpr int kAttempts = 30;
constexpr Duration kPause = std::chrono::seconds(1);

std::string text_of(const SecretNewsItem& item) {
  JsonObject text;
  text.add("store", item.store).add("name", item.change.name);
  if (item.change.version.empty()) return text.add("gone", true).text();
  return text.add("version", item.change.version).text();
}

}  // namespace

void SecretNews::tell(SecretNewsItem item) {
  tasks_.spawn(publish(tasks_.ctx(), std::move(item)));
}

Task<void> SecretNews::publish(Ctx ctx, SecretNewsItem item) {
  Status told;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    told = co_await publish_once(ctx, &item);
    if (told) co_return;
    auto slept = co_await sleep_for(loop_, ctx, kPause);
    if (!slept) co_return;
  }
  log::warn(kScope, "apps cannot be told that a secret has changed",
            {{"store", item.store},
             {"secret", item.change.name},
             {"pubsub", item.at.pubsub},
             {"topic", item.at.topic},
             {"error", told.error().message}});
}

Task<Status> SecretNews::publish_once(Ctx ctx, const SecretNewsItem* item) {
  const blocks::BusHold bus = pubsub_.hold(item->at.pubsub);
  if (!bus) {
    co_return Error{Code::kNotFound, "there is no pub/sub component \"" + item->at.pubsub + "\""};
  }
  pubsub::Publication publication;
  publication.app_id = kSource;
  publication.topic = item->at.topic;
  publication.content_type = "application/json";
  const std::string data = text_of(*item);
  const pubsub::Metadata metadata{{"cloudevent.type", kType}};
  auto envelope = blocks::make_envelope({.app_id = kSource,
                                         .pubsub = item->at.pubsub,
                                         .topic = item->at.topic,
                                         .data = data,
                                         .content_type = publication.content_type,
                                         .metadata = metadata,
                                         .trace = {},
                                         .now = loop_.wall_now()},
                                        loop_.random());
  if (!envelope) co_return std::move(envelope).error();
  publication.data = std::move(*envelope);
  auto published = co_await bus.bus().publish(ctx, std::move(publication));
  if (!published) co_return std::move(published).error();
  co_return Status();
}

}  // namespace edge::daemon
