#include <algorithm>
#include <array>

#include "edge/api/grpc/handlers.h"
#include "edge/api/grpc/messages/component_messages.h"
#include "edge/api/grpc/reflection.h"

namespace edge::api {
namespace {

constexpr std::string_view kStable = "v1.0";
constexpr std::string_view kAlpha = "v1.0-alpha1";
constexpr auto kStream = RpcShape::kServerStream;

// Source: wire reference §12.1, §15.1.
constexpr auto kMethods = std::to_array<RpcMethod>({
    {"InvokeService", "invoke", kStable, rpc_invoke},
    {"GetState", "state", kStable, rpc_get_state},
    {"GetBulkState", "state", kStable, rpc_get_bulk_state},
    {"SaveState", "state", kStable, rpc_save_state},
    {"DeleteState", "state", kStable, rpc_delete_state},
    {"DeleteBulkState", "state", kStable, rpc_delete_bulk_state},
    {"ExecuteStateTransaction", "state", kStable, rpc_transact_state},
    {"QueryStateAlpha1", "state", kAlpha, rpc_query_state},
    {"PublishEvent", "publish", kStable, rpc_publish},
    {"BulkPublishEvent", "publish", kStable, rpc_bulk_publish},
    {"BulkPublishEventAlpha1", "publish", kAlpha, rpc_bulk_publish},
    {"SubscribeTopicEventsAlpha1", "subscribe", kAlpha, rpc_subscribe_topic, RpcShape::kBothStream},
    {"GetConfiguration", "configuration", kStable, rpc_get_configuration},
    {"GetConfigurationAlpha1", "configuration", kAlpha, rpc_get_configuration},
    {"SubscribeConfiguration", "configuration", kStable, rpc_subscribe_configuration, kStream},
    {"SubscribeConfigurationAlpha1", "configuration", kAlpha, rpc_subscribe_configuration, kStream},
    {"UnsubscribeConfiguration", "configuration", kStable, rpc_unsubscribe_configuration},
    {"UnsubscribeConfigurationAlpha1", "configuration", kAlpha, rpc_unsubscribe_configuration},
    {"GetSecret", "secrets", kStable, rpc_get_secret},
    {"GetBulkSecret", "secrets", kStable, rpc_get_all_secrets},
    {"GetMetadata", "metadata", kStable, rpc_get_metadata, RpcShape::kUnary, RpcAccess::kHub},
    {"SetMetadata", "metadata", kStable, rpc_set_metadata},
    {"Shutdown", "shutdown", kStable, rpc_shutdown},
});

constexpr auto kHealthMethods = std::to_array<RpcMethod>(
    {{"Check", "", kStable, rpc_check_health, RpcShape::kUnary, RpcAccess::kHub},
     {"Watch", "", kStable, rpc_watch_health, kStream, RpcAccess::kHub}});

constexpr auto kReflectionMethods = std::to_array<RpcMethod>(
    {{"ServerReflectionInfo", "", kStable, rpc_reflect, RpcShape::kBothStream, RpcAccess::kHub}});

constexpr std::string_view kNoPlacement = "placement service is not configured";
constexpr std::string_view kNoCrypto = "crypto providers not configured";
constexpr std::string_view kNoLock = "lock store is not configured";
constexpr std::string_view kTryLock = "TryLockAlpha1";
constexpr std::string_view kNotThere = "this API is currently not implemented";
constexpr std::string_view kNoWorkflows =
    "the state store is not configured to use the actor runtime";
constexpr std::string_view kNoScheduler = "scheduler is not configured";
constexpr std::string_view kNoConversation = "failed finding conversation component <n>";

constexpr MissingMethod actor(std::string_view name) {
  return {name, "actors", kStable, Code::kUnavailable, "ERR_ACTOR_NO_PLACEMENT", kNoPlacement};
}
constexpr MissingMethod crypto(std::string_view name) {
  return {name,     "crypto", kAlpha, Code::kInternal, "ERR_CRYPTO_PROVIDERS_NOT_CONFIGURED",
          kNoCrypto};
}
constexpr MissingMethod subtle(std::string_view name) {
  return {name, "subtlecrypto", kAlpha, Code::kUnimplemented, "ERR_API_UNIMPLEMENTED", kNotThere};
}
constexpr MissingMethod no_lock(std::string_view name, std::string_view api) {
  return {name, api, kAlpha, Code::kFailedPrecondition, "ERR_LOCK_STORE_NOT_CONFIGURED", kNoLock};
}
constexpr MissingMethod workflow(std::string_view name) {
  return {name, "workflows", kStable, Code::kInternal, "ERR_ACTOR_RUNTIME_NOT_FOUND", kNoWorkflows};
}
constexpr MissingMethod job(std::string_view name) {
  return {name, "jobs", kStable, Code::kInternal, "DAPR_SCHEDULER", kNoScheduler};
}
constexpr MissingMethod conversation(std::string_view name) {
  return {
      name,           "conversation", kAlpha, Code::kInvalidArgument, "ERR_CONVERSATION_NOT_FOUND",
      kNoConversation};
}

constexpr auto kMissing = std::to_array<MissingMethod>({
    {"InvokeBinding", "bindings", kStable, Code::kInternal, "ERR_INVOKE_OUTPUT_BINDING",
     "error invoking output binding <n>: couldn't find output binding <n>"},
    no_lock(kTryLock, "lock"),
    no_lock("UnlockAlpha1", "unlock"),
    actor("RegisterActorTimer"),
    actor("UnregisterActorTimer"),
    actor("RegisterActorReminder"),
    actor("UnregisterActorReminder"),
    actor("UnregisterActorRemindersByType"),
    actor("ListActorReminders"),
    actor("GetActorState"),
    actor("GetActorReminder"),
    actor("ExecuteActorStateTransaction"),
    actor("InvokeActor"),
    actor("SubscribeActorEventsAlpha1"),
    crypto("EncryptAlpha1"),
    crypto("DecryptAlpha1"),
    subtle("SubtleGetKeyAlpha1"),
    subtle("SubtleEncryptAlpha1"),
    subtle("SubtleDecryptAlpha1"),
    subtle("SubtleWrapKeyAlpha1"),
    subtle("SubtleUnwrapKeyAlpha1"),
    subtle("SubtleSignAlpha1"),
    subtle("SubtleVerifyAlpha1"),
    workflow("StartWorkflow"),
    workflow("GetWorkflow"),
    workflow("PurgeWorkflow"),
    workflow("TerminateWorkflow"),
    workflow("PauseWorkflow"),
    workflow("ResumeWorkflow"),
    workflow("RaiseEventWorkflow"),
    job("ScheduleJob"),
    job("GetJob"),
    job("DeleteJob"),
    job("DeleteJobsByPrefix"),
    job("ListJobs"),
    conversation("ConverseAlpha1"),
    conversation("ConverseAlpha2"),
});

// daprd looks at the expiry before it looks for a store. Source: wire reference §7.
blocks::ApiError try_lock_error(const MissingMethod& method, std::string_view message) {
  rpc::TryLockRequest request;
  if (const Status parsed = protobuf::parse(message, request); !parsed) {
    return {.grpc = parsed.error().code, .message = parsed.error().message};
  }
  if (request.expiry_in_seconds <= 0) {
    return blocks::malformed_request("ExpiryInSeconds is not positive in lock store " +
                                     request.store_name);
  }
  return {.grpc = method.code, .tag = std::string(method.tag), .message = std::string(method.text)};
}

// Alpha and beta twins answer as what they have become. Whether the service has one of a name
// that ends so; workflows have nothing else.
bool has_twin(const MissingMethod& method, std::string_view suffix) {
  if (method.api == "workflows") return !suffix.empty();
  return suffix.empty() || (method.api == "jobs" && suffix == "Alpha1");
}

}  // namespace

const RpcMethod* find_method(std::string_view path) {
  const auto among = [path](std::string_view service, const auto& methods) -> const RpcMethod* {
    const auto found = std::ranges::find(methods, path.substr(service.size()), &RpcMethod::name);
    return found == methods.end() ? nullptr : &*found;
  };
  if (path.starts_with(kDaprService)) return among(kDaprService, kMethods);
  for (const std::string_view service : {kReflectionService, kAlphaReflectionService}) {
    if (path.starts_with(service)) return among(service, kReflectionMethods);
  }
  return path.starts_with(kHealthService) ? among(kHealthService, kHealthMethods) : nullptr;
}

const MissingMethod* find_missing(std::string_view path) {
  if (!path.starts_with(kDaprService)) return nullptr;
  const std::string_view name = path.substr(kDaprService.size());
  for (const std::string_view suffix : {"", "Alpha1", "Beta1"}) {
    if (!name.ends_with(suffix)) continue;
    const auto wanted = name.substr(0, name.size() - suffix.size());
    const auto found = std::ranges::find(kMissing, wanted, &MissingMethod::name);
    if (found != kMissing.end() && has_twin(*found, suffix)) return &*found;
  }
  return nullptr;
}

bool names_component(const MissingMethod& method) {
  return method.name == kTryLock || method.text.find("<n>") != std::string_view::npos;
}

blocks::ApiError missing_error(const MissingMethod& method, std::string_view message) {
  if (method.name == kTryLock) return try_lock_error(method, message);
  rpc::ComponentRequest request;
  if (const Status parsed = protobuf::parse(message, request); !parsed) {
    return {.grpc = parsed.error().code, .message = parsed.error().message};
  }
  constexpr std::string_view kPlace = "<n>";
  std::string text(method.text);
  for (auto at = text.find(kPlace); at != std::string::npos;
       at = text.find(kPlace, at + request.name.size())) {
    text.replace(at, kPlace.size(), request.name);
  }
  return {.grpc = method.code, .tag = std::string(method.tag), .message = std::move(text)};
}

}  // namespace edge::api
