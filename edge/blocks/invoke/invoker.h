// Invoke: finds what an app wants to call and calls it. Source: wire reference §1.2, §1.3, §1.6;
// sync reference §1.5 for lanes.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "edge/blocks/apps/app_table.h"
#include "edge/blocks/invoke/app_finder.h"
#include "edge/blocks/invoke/channel.h"
#include "edge/blocks/lanes/choose_instance.h"

namespace edge::blocks {

// A URL that apps call by the name of an HTTPEndpoint resource.
struct NamedEndpoint {
  std::shared_ptr<Channel> channel;
  std::vector<std::string> scopes;  // app ids; empty: every app
};

// Kept short of the API's error: the caller adds "failed to invoke, id: <id>, err: ".
class Invoker {
 public:
  // Everything outlives the invoker.
  Invoker(Loop& loop, const AppTable& apps, UrlChannels& urls) noexcept
      : loop_(loop), apps_(apps), urls_(urls) {}

  // An app that runs at another hub, which `app.settings().hub` names. Legal once for each id and
  // lane.
  App& add_elsewhere(std::unique_ptr<App> app) { return elsewhere_.add(std::move(app)); }
  [[nodiscard]] const AppTable& elsewhere() const noexcept { return elsewhere_; }
  void add_endpoint(std::string name, NamedEndpoint endpoint);
  [[nodiscard]] const std::map<std::string, NamedEndpoint, std::less<>>& endpoints()
      const noexcept {
    return endpoints_;
  }

  // Who is asked for apps that are neither here nor elsewhere; outlives the invoker's calls.
  void use(AppFinder* finder) noexcept { finder_ = finder; }

  // Whether a target is an app that speaks gRPC, or may: what one elsewhere does is known there.
  [[nodiscard]] bool may_speak_grpc(std::string_view target) const noexcept;

  // Calls `call->target` for the app `caller`. A call whose connection is refused is made again
  // three times, a second apart, unless it is the caller itself that is called or the body's
  // length is unknown. Fills in who calls. In a lane it is the lane's instance that is called,
  // where it is well, else the baseline's, unless the lane is strict; never another lane's; of two
  // that are as good this hub's. Errors:
  // the text that daprd would show; kPermissionDenied shows as 403.
  Task<Result<std::unique_ptr<Reply>>> invoke(Ctx ctx, const App* caller, Call* call);

  // Passes a call of the form kRpc on to an app, which is found as for invoke(); where
  // it cannot be reached the baseline's instance is tried, and nothing is waited for. Errors:
  // kNotFound, kInvalidArgument (no such app), kFailedPrecondition (it does not speak gRPC),
  // kUnavailable, kCancelled, kDeadlineExceeded.
  Task<Result<std::unique_ptr<Reply>>> pass(Ctx ctx, const App* caller, Call* call);

  // Calls an app of this hub for another hub, which `call` names as the caller and which tries
  // again by itself. Errors: as of pass(); of the form kHttp kInternal with the text that daprd
  // shows.
  Task<Result<std::unique_ptr<Reply>>> deliver(Ctx ctx, Call* call);

 private:
  // Calls `app`, or the baseline's instance in its place.
  Task<Result<std::unique_ptr<Reply>>> pass_to(Ctx ctx, App* app, Call* call);
  Task<Result<std::unique_ptr<Reply>>> invoke_found(Ctx ctx, const App* caller, Call* call);
  // Whether an app that could not be resolved is one to be sought.
  [[nodiscard]] bool may_be_found(const Error& unresolved, const Call& call) const noexcept;
  Task<Result<std::unique_ptr<Reply>>> invoke_self(Ctx ctx, App* app, Call* call);
  [[nodiscard]] Instances instances_of(std::string_view id, const Call& call) const noexcept;
  [[nodiscard]] App* fallback_of(const App& failed, const Call& call) const;
  Task<Result<std::unique_ptr<Reply>>> invoke_app(Ctx ctx, const App* caller, App* app, Call* call);
  // `name_space` where the call names none; "" any.
  [[nodiscard]] Result<App*> resolve(std::string_view name_space, const Call& call) const;

  Loop& loop_;
  const AppTable& apps_;
  AppTable elsewhere_;
  UrlChannels& urls_;
  AppFinder* finder_ = nullptr;
  std::map<std::string, NamedEndpoint, std::less<>> endpoints_;
};

}  // namespace edge::blocks
