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

Status check_passing(const App& app) {
  if (!app.callable() || !app.speaks_grpc()) {
    return Error{Code::kFailedPrecondition, "failed to proxy request: app " + app.id() +
                                                " is not called over gRPC; its App " +
                                                "resource needs protocol: grpc"};
  }
  if (app.health() == AppHealth::kHealthy) return {};
  return Error{Code::kUnavailable, "app is not in a healthy state"};
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
  auto app = resolve(*caller, *call);
  if (!app) return fail(app.error());
  return *app == caller ? invoke_self(ctx, *app, call) : invoke_app(ctx, caller, *app, call);
}

bool Invoker::speaks_grpc(std::string_view target) const noexcept {
  const App* app = apps_.first(target.substr(0, target.find('.')));
  return app != nullptr && app->speaks_grpc();
}

// "id", or "id.namespace".
Result<App*> Invoker::resolve(const App& caller, const Call& call) const {
  const std::string_view target = call.target;
  if (target.empty()) return Error{Code::kInvalidArgument, "app id is empty"};
  const std::size_t dot = target.find('.');
  const std::string_view id = target.substr(0, dot);
  std::string_view name_space = caller.settings().name_space;
  if (dot != std::string_view::npos) {
    name_space = target.substr(dot + 1);
    if (name_space.find('.') != std::string_view::npos) {
      return Error{Code::kInvalidArgument, "invalid app id " + std::string(target)};
    }
  }
  const Instances instances = instances_of(id, call);
  const bool known = instances.here != nullptr || instances.elsewhere != nullptr;
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
  if (call.reach == Reach::kThisHub) return {apps_.first(id), nullptr};
  return {apps_.first(id), elsewhere_.first(id)};
}

Task<Result<std::unique_ptr<Reply>>> Invoker::pass(Ctx ctx, const App* caller, Call* call) {
  call->caller = caller->id();
  call->caller_namespace = caller->settings().name_space;
  call->reach = Reach::kThisHub;
  auto found = resolve(*caller, *call);
  if (!found) co_return found.error();
  App* app = *found;
  if (app != caller) call->note = CallerNote::kForwarded;
  while (true) {
    if (auto checked = check_passing(*app); !checked) co_return checked.error();
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
    if (error.code != Code::kUnavailable) {
      co_return rpc_error(Code::kInternal, "error invoking app channel: " + error.message);
    }
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
