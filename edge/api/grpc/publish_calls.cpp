// Publish over gRPC. Source: wire reference §3.1, §3.4.
#include <set>

#include "edge/api/grpc/entry_limit.h"
#include "edge/api/grpc/handlers.h"
#include "edge/api/grpc/messages/pubsub_messages.h"
#include "edge/blocks/pubsub/publish_errors.h"

namespace edge::api {
namespace {

using blocks::ApiResult;
using blocks::errors::TopicOf;

constexpr std::uint32_t kEntries = 3;  // of BulkPublishRequest

void tell_durability(Rpc& rpc, pubsub::Durability reached) {
  rpc.call.add_metadata("x-durability", std::string(blocks::to_text(reached)));
}

// As over HTTP, what an entry says of itself comes before what is said of all.
pubsub::Metadata merged(rpc::Map own, const pubsub::Metadata& all) {
  if (!own.empty()) own.insert(all.begin(), all.end());
  return own;
}

ApiResult<std::vector<blocks::BulkPublishEntry>> entries_of(const Rpc& rpc,
                                                            rpc::BulkPublishRequest& request) {
  std::vector<blocks::BulkPublishEntry> entries;
  std::set<std::string_view> ids;
  for (const rpc::BulkPublishRequestEntry& entry : request.entries) {
    if (entry.entry_id.empty() || !ids.insert(entry.entry_id).second) {
      const TopicOf where{request.pubsub_name, request.topic};
      return std::unexpected(blocks::errors::entry_ids(rpc.app->id(), where));
    }
  }
  for (rpc::BulkPublishRequestEntry& entry : request.entries) {
    entries.push_back({std::move(entry.entry_id), std::move(entry.event),
                       std::move(entry.content_type),
                       merged(std::move(entry.metadata), request.metadata)});
  }
  return entries;
}

// Partial results are not told: one entry that failed fails the call.
RpcAnswer bulk_answer(Rpc& rpc, TopicOf where, ApiResult<blocks::BulkPublished> published) {
  if (!published) return std::unexpected(std::move(published.error()));
  if (!published->failed.empty()) {
    const Error first{Code::kInternal, published->failed.front().error};
    return std::unexpected(blocks::errors::not_published(where, first));
  }
  tell_durability(rpc, published->durability);
  return "";
}

}  // namespace

Task<RpcAnswer> rpc_publish(Ctx ctx, Rpc* rpc) {
  auto request = request_of<rpc::PublishEventRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  blocks::PubsubBlock& block = rpc->services.pubsub;
  auto checked = block.check(*rpc->app, request->pubsub_name, request->topic, request->metadata);
  if (!checked) co_return std::unexpected(std::move(checked.error()));
  blocks::PublishRequest publication{
      request->pubsub_name,         request->topic,
      std::move(request->data),     std::move(request->data_content_type),
      std::move(request->metadata), {rpc->lane.lane, rpc->lane.inherits}};
  const ComponentCall counted(rpc->counted(), &observe::ComponentMetrics::pubsub_egress,
                              request->pubsub_name, request->topic);
  Trace trace;
  const Ctx traced = rpc->traced(ctx, trace);
  auto reached = co_await block.publish(traced, rpc->app, std::move(publication));
  counted.done_with(reached);
  if (!reached) co_return std::unexpected(std::move(reached.error()));
  tell_durability(*rpc, *reached);
  co_return RpcAnswer("");
}

Task<RpcAnswer> rpc_bulk_publish(Ctx ctx, Rpc* rpc) {
  auto few = check_entries(rpc->message, kEntries);
  if (!few) co_return std::unexpected(std::move(few.error()));
  auto request = request_of<rpc::BulkPublishRequest>(*rpc);
  if (!request) co_return std::unexpected(std::move(request.error()));
  blocks::PubsubBlock& block = rpc->services.pubsub;
  auto checked = block.check(*rpc->app, request->pubsub_name, request->topic, request->metadata);
  if (!checked) co_return std::unexpected(std::move(checked.error()));
  auto entries = entries_of(*rpc, *request);
  if (!entries) co_return std::unexpected(std::move(entries.error()));
  const std::size_t count = entries->size();
  blocks::BulkPublishRequest all{request->pubsub_name,
                                 request->topic,
                                 std::move(*entries),
                                 std::move(request->metadata),
                                 {rpc->lane.lane, rpc->lane.inherits}};
  const ComponentCall counted(rpc->counted(), &observe::ComponentMetrics::pubsub_egress_bulk,
                              request->pubsub_name, request->topic);
  Trace trace;
  const Ctx traced = rpc->traced(ctx, trace);
  auto published = co_await block.publish_all(traced, rpc->app, std::move(all));
  const bool whole = published && published->failed.empty();
  counted.done(observe::success_text(whole), published ? count - published->failed.size() : 0);
  const TopicOf where{request->pubsub_name, request->topic};
  co_return bulk_answer(*rpc, where, std::move(published));
}

}  // namespace edge::api
