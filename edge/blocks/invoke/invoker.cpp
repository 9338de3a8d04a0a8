#include "edge/blocks/invoke/invoker.h"

#include <algorithm>

namespace edge::blocks {
namespace {

constexpr int kRetries = 3;
constexpr Duration kRetryPause = std::chrono::seconds(1);

bool is_url(std::string_view target) noexcept {
  return starts_with_ignoring_case(target, "http://") ||
         starts_with_ignoring_case(target, "https://");
}

// Of "id", or "id.namespace".
std::string_view id_of(std::string_view target) noexcept {
  return target.substr(0, target.find('.'));
}

Error rpc_error(Code code, const std::string& what) {
  return {code, "rpc error: code = " + std::string(code_name(code)) + " desc = " + what};
}

bool in_scope(const std::vector<std::string>& scopes, const std::string& app) {
  return scopes.empty() || std::find(scopes.begin(), scopes.end(), app) != scopes.end();
}

// Counts one app's call of another when it goes away, with the answer's status, or the code of the
// error where there was none.
struct CountedCall {
  CountedCall(Loop& with_clock, const Call& counted, const App& caller, const App& callee)
      : loop(with_clock), call(counted), began(counted.began) {
    if (caller.meter() == nullptr || callee.meter() == nullptr) return;
    meter = &caller.meter()->invocations(*callee.meter());
    meter->sent();
  }
  CountedCall(const CountedCall&) = delete;
  CountedCall& operator=(const CountedCall&) = delete;
  ~CountedCall() {
    if (meter == nullptr) return;
    const TimePoint ended = call.ended == TimePoint() ? loop.now() : call.ended;
    meter->answered(status, ended - began);
  }

  Loop& loop;
  const Call& call;
  observe::InvocationMeter* meter = nullptr;
  TimePoint began;
  int status = static_cast<int>(Code::kInternal);
};

// What another hub says of its app is told as it is, and who was refused there is refused here.
Error not_answered(const App& app, const Error& error) {
  const bool by_hub = !app.settings().hub.empty() && app.speaks_grpc();
  if (by_hub) {
    Error told = rpc_error(error.code, error.message);
    if (error.code != Code::kPermissionDenied) told.code = Code::kInternal;
    return told;
  }
  return rpc_error(Code::kInternal, "error invoking app channel: " + error.message);
}

Status check_passing(const App& app, const Call& call) {
  if (call.form == CallForm::kHttp) {
    if (app.speaks_grpc() || !call.verb.empty()) return {};
    return Error{Code::kInvalidArgument, "invalid HTTP verb"};
  }
  if (!app.callable() || !app.speaks_grpc()) {
    return Error{Code::kFailedPrecondition, "failed to proxy request: app " + app.id() +
                                                " is not called over gRPC; its App " +
                                                "resource needs protocol: grpc"};
  }
  if (app.health() == AppHealth::kHealthy) return {};
  return Error{Code::kUnavailable, "app is not in a healthy state"};
}

// Whether an app that was found serves the call's lane. Namespaces count for nothing there.
// Source: wire reference §14.9.
Result<App*> in_lane(Result<App*> found, const Call& call) {
  if (!found || call.lane == nullptr) return found;
  return choose_instance({nullptr, *found}, "", *call.lane);
}

Task<Result<std::unique_ptr<Reply>>> fail(Error error) {
  co_return error;
}

}  // namespace

void Invoker::add_endpoint(std::string name, NamedEndpoint endpoint) {
  endpoints_.emplace(std::move(name), std::move(endpoint));
}

Task<Result<std::unique_ptr<Reply>>> Invoker::invoke(Ctx ctx, const App* caller, Call* call) {
  const std::string_view target = call->target;
  call->caller = caller->id();
  call->caller_namespace = caller->settings().name_space;
  if (is_url(target)) {
    auto channel = urls_.for_url(target);
    return channel ? (*channel)->call(ctx, call) : fail(channel.error());
  }
  if (!endpoints_.empty()) {
    const auto endpoint = endpoints_.find(target);
    if (endpoint != endpoints_.end() && in_scope(endpoint->second.scopes, caller->id())) {
      return endpoint->second.channel->call(ctx, call);
    }
  }
  auto app = resolve(caller->settings().name_space, *call);
  if (!app) {
    return may_be_found(app.error(), *call) ? invoke_found(ctx, caller, call) : fail(app.error());
  }
  return *app == caller ? invoke_self(ctx, *app, call) : invoke_app(ctx, caller, *app, call);
}

bool Invoker::may_speak_grpc(std::string_view target) const noexcept {
  const std::string_view id = id_of(target);
  const App* here = apps_.first(id);
  const App* app = here == nullptr ? elsewhere_.first(id) : here;
  return app == nullptr ? finder_ != nullptr : app->speaks_grpc();
}

bool Invoker::may_be_found(const Error& unresolved, const Call& call) const noexcept {
  const std::string_view id = id_of(call.target);
  return finder_ != nullptr && unresolved.code == Code::kNotFound && !id.empty() &&
         call.reach != Reach::kThisHub && apps_.first(id) == nullptr &&
         elsewhere_.first(id) == nullptr;
}

Task<Result<std::unique_ptr<Reply>>> Invoker::invoke_found(Ctx ctx, const App* caller, Call* call) {
  auto found = co_await finder_->find(ctx, std::string(id_of(call->target)));
  auto app = in_lane(std::move(found), *call);
  if (!app) co_return app.error();
  co_return co_await invoke_app(ctx, caller, *app, call);
}

// "id", or "id.namespace".
Result<App*> Invoker::resolve(std::string_view name_space, const Call& call) const {
  const std::string_view target = call.target;
  if (target.empty()) return Error{Code::kInvalidArgument, "app id is empty"};
  const std::size_t dot = target.find('.');
  const std::string_view id = id_of(target);
  if (dot != std::string_view::npos) {
    name_space = target.substr(dot + 1);
    if (name_space.find('.') != std::string_view::npos) {
      return Error{Code::kInvalidArgument, "invalid app id " + std::string(target)};
    }
  }
  const Instances instances = instances_of(id, call);
  const bool known = instances.here != nullptr || instances.elsewhere != nullptr;
  if (name_space.empty() && instances.here != nullptr) {
    name_space = instances.here->settings().name_space;
  }
  if (call.lane != nullptr && known) return choose_instance(instances, name_space, *call.lane);
  for (App* app : {instances.here, instances.elsewhere}) {
    if (app != nullptr && app->settings().name_space == name_space) return app;
  }
  return Error{Code::kNotFound, "couldn't find service: " + std::string(id)};
}

Task<Result<std::unique_ptr<Reply>>> Invoker::invoke_self(Ctx ctx, App* app, Call* call) {
  if (call->lane != nullptr) call->lane->served = app;
  if (app->callable()) return app->call(ctx, call);
  return fail({Code::kInternal, "cannot invoke local endpoint: app channel not initialized"});
}

Instances Invoker::instances_of(std::string_view id, const Call& call) const noexcept {
  Instances found{apps_.first(id), nullptr};
  if (call.reach == Reach::kThisHub) return found;
  App* elsewhere = elsewhere_.first(id);
  // Hubs that are called over HTTP pass no gRPC calls on.
  const bool fits =
      elsewhere != nullptr && (call.form == CallForm::kHttp || elsewhere->speaks_grpc());
  if (fits) found.elsewhere = elsewhere;
  return found;
}

Task<Result<std::unique_ptr<Reply>>> Invoker::pass(Ctx ctx, const App* caller, Call* call) {
  call->caller = caller->id();
  call->caller_namespace = caller->settings().name_space;
  // The caller itself is meant by its id in any namespace. Source: wire reference §1.10.
  const std::string_view id = id_of(call->target);
  const bool names_itself = id == caller->id() && call->target.find('.') == call->target.rfind('.');
  if (names_itself) call->target = id;
  auto found = resolve(caller->settings().name_space, *call);
  if (!found && may_be_found(found.error(), *call)) {
    auto sought = co_await finder_->find(ctx, std::string(id_of(call->target)));
    found = in_lane(std::move(sought), *call);
  }
  if (!found) co_return found.error();
  if (*found != caller) call->note = CallerNote::kForwarded;
  co_return co_await pass_to(ctx, *found, call);
}

Task<Result<std::unique_ptr<Reply>>> Invoker::deliver(Ctx ctx, Call* call) {
  call->reach = Reach::kThisHub;
  call->note = CallerNote::kTold;
  auto found = resolve("", *call);
  if (!found) co_return found.error();
  const bool is_http = call->form == CallForm::kHttp;
  if (is_http && !(*found)->callable()) {
    co_return Error{Code::kInternal, "app channel is not initialized"};
  }
  auto reply = co_await pass_to(ctx, *found, call);
  if (reply || !is_http || ctx.cancelled()) co_return reply;
  co_return Error{Code::kInternal, "error invoking app channel: " + reply.error().message};
}

Task<Result<std::unique_ptr<Reply>>> Invoker::pass_to(Ctx ctx, App* app, Call* call) {
  while (true) {
    const Status checked = check_passing(*app, *call);
    if (!checked) co_return checked.error();
    auto reply = co_await app->call(ctx, call);
    if (reply && call->lane != nullptr) call->lane->served = app;
    if (reply || ctx.cancelled() || reply.error().code != Code::kUnavailable) co_return reply;
    App* other = fallback_of(*app, *call);
    if (other == nullptr) co_return reply;
    app = other;
  }
}

// The instance to try instead of one of a lane that cannot be reached.
App* Invoker::fallback_of(const App& failed, const Call& call) const {
  return call.lane == nullptr ? nullptr
                              : instead_of(instances_of(failed.id(), call), failed, *call.lane);
}

Task<Result<std::unique_ptr<Reply>>> Invoker::invoke_app(Ctx ctx, const App* caller, App* app,
                                                         Call* call) {
  if (!app->callable()) co_return rpc_error(Code::kInternal, "app channel is not initialized");
  call->note = CallerNote::kForwarded;
  if (call->began == TimePoint()) call->began = loop_.now();
  CountedCall counted(loop_, *call, *caller, *app);
  const bool streams = !call->body->finished() && !call->body->length();
  for (int attempt = 0;; ++attempt) {
    auto reply = co_await app->call(ctx, call);
    if (reply) {
      counted.status = (*reply)->status();
      if (call->lane != nullptr) call->lane->served = app;
      co_return reply;
    }
    call->place.release();
    const Error& error = reply.error();
    counted.status = static_cast<int>(error.code);
    if (ctx.cancelled()) co_return error;
    if (error.code != Code::kUnavailable) co_return not_answered(*app, error);
    App* other = streams ? nullptr : fallback_of(*app, *call);
    if (other != nullptr) {
      app = other;
      continue;
    }
    const Error down = rpc_error(Code::kUnavailable, error.message);
    if (streams) co_return down;
    if (attempt == kRetries) {
      co_return Error{Code::kUnavailable, "failed to invoke target " + app->id() + " after " +
                                              std::to_string(kRetries) +
                                              " retries. Error: " + down.message};
    }
    auto paused = co_await sleep_for(loop_, ctx, kRetryPause);
    if (!paused) co_return paused.error();
    call->began = loop_.now();
  }
}

}  // namespace edge::blocks
