#include "components/pubsub/mqtt3.h"

#include <utility>

#include "components/pubsub/common.h"
#include "edge/base/strings.h"
#include "edge/net/mqtt/library.h"
#include "edge/net/mqtt/topic.h"

namespace edge::pubsub {
namespace {

Task<Status> hand_over(const Handler* handler, Ctx ctx, mqtt::Incoming message) {
  Delivery delivery{.topic = std::move(message.topic),
                    .data = std::move(message.payload),
                    .metadata = {{"retained", message.retained ? "true" : "false"}},
                    .attempt = message.qos > 0 ? Attempt::kRepeatable : Attempt::kLast};
  co_return co_await call_handler(handler, ctx, std::move(delivery));
}

}  // namespace

class Mqtt3Bus::Membership final : public Subscription {
 public:
  Membership(Mqtt3Bus& bus, std::string client_id, mqtt::Consumer* consumer,
             mqtt::OnRemoval on_removal)
      : bus_(bus), client_id_(std::move(client_id)), consumer_(consumer), on_removal_(on_removal) {}

  Task<void> close() override { return bus_.leave(client_id_, consumer_, on_removal_); }

 private:
  Mqtt3Bus& bus_;
  std::string client_id_;
  mqtt::Consumer* consumer_;
  mqtt::OnRemoval on_removal_;
};

Mqtt3Bus::Mqtt3Bus(const components::Context& context)
    : context_(context), loop_(dynamic_cast<UvLoop*>(&context.loop)) {}

Mqtt3Bus::~Mqtt3Bus() = default;

std::vector<Feature> Mqtt3Bus::features() const {
  return {Feature::kSubscribeWildcards};
}

Task<Status> Mqtt3Bus::init(Ctx /*ctx*/) {
  if (loop_ == nullptr) co_return Error{Code::kFailedPrecondition, "this loop has no network"};
  auto options = read_mqtt3_options(context_.metadata);
  if (!options) co_return options.error();
  options_ = std::move(*options);
  if (const auto library = mqtt::load_library(); !library) co_return library.error();
  auto publisher = client_options(publisher_id());
  publisher.login.persistence = mqtt::Persistence::kClean;
  publisher_ = std::make_unique<mqtt::Publisher>(*loop_, std::move(publisher));
  publisher_->start();
  co_return Status();
}

Task<void> Mqtt3Bus::close() {
  if (publisher_ == nullptr) co_return;
  co_await publisher_->close();
  publisher_.reset();
}

mqtt::ClientOptions Mqtt3Bus::client_options(std::string client_id) const {
  mqtt::ClientOptions options{.server = options_.server, .tls = options_.tls};
  options.login = {
      .client_id = std::move(client_id),
      .username = options_.username,
      .password = options_.password,
      .persistence = options_.clean_session ? mqtt::Persistence::kClean : mqtt::Persistence::kKept};
  return options;
}

// Nothing is kept under it, so without a consumerID it is made up: two hubs with a component of the
// same name would disconnect each other.
std::string Mqtt3Bus::publisher_id() const {
  if (!options_.consumer_id.empty()) return consumer_client_id(options_, context_.name) + "-pub";
  return context_.name + "-pub-" + uuid_v4(loop_->random()).substr(0, 8);
}

Task<Result<Durability>> Mqtt3Bus::publish(Ctx ctx, Publication publication) {
  const std::string* retain = find_value(publication.metadata, "retain");
  const bool kept = retain != nullptr ? is_truthy(*retain) : options_.retain;
  mqtt::Outgoing message{.topic = std::move(publication.topic),
                         .payload = std::move(publication.data),
                         .qos = static_cast<int>(options_.qos),
                         .retain = kept ? mqtt::Retain::kYes : mqtt::Retain::kNo};
  const auto published = co_await publisher_->publish(ctx, std::move(message));
  if (!published) co_return published.error();
  co_return options_.qos > 0 ? Durability::kCloud : Durability::kMemory;
}

Task<Result<std::unique_ptr<Subscription>>> Mqtt3Bus::subscribe(Ctx ctx, SubscribeRequest request,
                                                                Handler handler) {
  if (auto checked = mqtt::check_filter(request.topic); !checked) co_return checked.error();
  const std::string client_id = session_id(request);
  auto joined = co_await session(ctx, client_id, request.lasting);
  if (!joined) co_return joined.error();
  auto shared = std::make_shared<const Handler>(std::move(handler));
  auto deliver = [shared](Ctx call, mqtt::Incoming message) {
    return hand_over(shared.get(), call, std::move(message));
  };
  auto added = co_await (*joined)->subscriber->add(ctx, request.topic, deliver);
  if (!added) {
    co_await close_if_empty(client_id);
    co_return added.error();
  }
  const std::string* unsubscribe = find_value(request.metadata, "unsubscribeOnClose");
  const bool forget =
      request.lasting == Lasting::kNothing || (unsubscribe != nullptr && is_truthy(*unsubscribe));
  std::unique_ptr<Subscription> membership = std::make_unique<Membership>(
      *this, client_id, *added,
      forget ? mqtt::OnRemoval::kUnsubscribe : mqtt::OnRemoval::kKeepSubscription);
  co_return membership;
}

// What leaves nothing behind is a client of its own, which nobody else can be.
std::string Mqtt3Bus::session_id(const SubscribeRequest& request) const {
  if (request.lasting == Lasting::kNothing) {
    return context_.name + "-tap-" + uuid_v4(loop_->random()).substr(0, 8);
  }
  std::string client_id = consumer_client_id(options_, request.app_id);
  if (mqtt::is_exact(request.topic)) return client_id;
  return filter_client_id(client_id, request.topic);
}

// A client id that is just leaving is waited for: the server lets one client have it.
Task<Result<std::shared_ptr<Mqtt3Bus::Session>>> Mqtt3Bus::session(Ctx ctx, std::string client_id,
                                                                   Lasting lasting) {
  while (true) {
    const auto found = sessions_.find(client_id);
    if (found == sessions_.end()) break;
    const auto existing = found->second;
    if (!existing->closing) co_return existing;
    const auto gone = co_await existing->gone.wait(ctx);
    if (!gone) co_return gone.error();
  }
  auto made = std::make_shared<Session>(*loop_);
  mqtt::SubscriberLimits limits;
  limits.qos = static_cast<int>(options_.qos);
  auto options = client_options(client_id);
  if (lasting == Lasting::kNothing) options.login.persistence = mqtt::Persistence::kClean;
  made->subscriber = std::make_unique<mqtt::Subscriber>(*loop_, std::move(options), limits);
  made->subscriber->start();
  sessions_.emplace(client_id, made);
  co_return made;
}

Task<void> Mqtt3Bus::leave(std::string client_id, mqtt::Consumer* consumer,
                           mqtt::OnRemoval on_removal) {
  const auto session = sessions_.find(client_id)->second;
  co_await session->subscriber->remove(consumer, on_removal);
  co_await close_if_empty(client_id);
}

Task<void> Mqtt3Bus::close_if_empty(std::string client_id) {
  const auto found = sessions_.find(client_id);
  if (found == sessions_.end()) co_return;
  const auto session = found->second;
  if (session->closing || !session->subscriber->is_empty()) co_return;
  session->closing = true;
  co_await session->subscriber->close();
  sessions_.erase(client_id);
  session->gone.set();
}

}  // namespace edge::pubsub
