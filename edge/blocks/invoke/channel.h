// Channel: the way to call something that answers requests: a local app, or a URL.
//
// Free of any protocol: an HTTP channel and a gRPC channel implement it below the API layer.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "edge/base/header_list.h"
#include "edge/loop/async.h"
#include "edge/loop/byte_source.h"
#include "edge/loop/ctx.h"
#include "edge/loop/frame_pool.h"
#include "edge/loop/sync.h"
#include "edge/loop/task.h"
#include "edge/policy/lanes/lane_table.h"

namespace edge::blocks {

// Who calls, for what the callee is told about it. kTold: who forwards stands in the headers.
enum class CallerNote : std::uint8_t { kNone, kForwarded, kTold };

// Where a call may go. kThisHub: it came from another hub, and goes to no third.
enum class Reach : std::uint8_t { kEverywhere, kThisHub };

class App;

// What a call is made of. kRpc: of a gRPC call: `path` names service and method, `headers` are its
// metadata, `body` its messages with their prefixes; only to apps that speak gRPC.
enum class CallForm : std::uint8_t { kHttp, kRpc };

// A call's way through the lanes.
struct LaneTrip {
  // Why no instance was called.
  enum class Refusal : std::uint8_t { kNone, kStrict, kNoInstance };

  policy::LaneContext context;
  const App* served = nullptr;  // the instance that answered; null where it was no app of this hub
  Refusal refusal = Refusal::kNone;
};

// One request on its way. It, and everything it points at, outlives the exchange.
struct Call {
  CallForm form = CallForm::kHttp;
  std::string_view verb;                // "GET"; may be "" to an app that speaks gRPC
  std::string path;                     // "/switch/on"; percent-encoded, begins with '/'
  std::string_view query;               // as the caller wrote it, without '?'
  const HeaderList* headers = nullptr;  // the caller's; the channel leaves out what may not travel
  const HeaderList* own_headers = nullptr;  // the hub's, which go out as they are; may be null
  ByteSource* body = nullptr;
  std::string_view type_url;  // of the message that the body is, where a gRPC caller tells it
  std::string_view target;    // app id, endpoint name or URL
  std::string_view caller;    // app id
  std::string_view caller_namespace;
  LaneTrip* lane = nullptr;  // null on a hub without lanes
  Reach reach = Reach::kEverywhere;
  bool once = false;  // not repeated where the answer stays away, whatever the verb
  CallerNote note = CallerNote::kNone;  // kForwarded: the callee is told who calls through whom
  TimePoint began{};                    // for what is counted; now where it is not set
  mutable TimePoint ended{};            // set by a channel that has read the clock at the end
  Permit place;                         // among the calls that the callee takes at a time
};

// How an app that speaks gRPC ended a call. Views live as long as the reply.
struct RpcEnding {
  Status status;
  std::string details;                   // a serialized google.rpc.Status, or ""
  std::string_view type_url;             // of the message that the body is, of kHttp
  const HeaderList* metadata = nullptr;  // as the app sent it; may be null
  const HeaderList* trailers = nullptr;  // with those that tell the status; may be null
};

// An answer as it comes. Closed before it goes away.
class Reply : public Pooled {
 public:
  virtual ~Reply() = default;
  [[nodiscard]] virtual int status() const noexcept = 0;
  [[nodiscard]] virtual const HeaderList& headers() const noexcept = 0;
  [[nodiscard]] virtual ByteSource& body() noexcept = 0;
  // Null where the app speaks HTTP, and of kRpc before body() has ended well.
  [[nodiscard]] virtual const RpcEnding* ending() noexcept { return nullptr; }
  virtual Async<void> close() = 0;
};

class Channel {
 public:
  virtual ~Channel() = default;
  // Errors: kUnavailable: nothing was sent, the call may be made again; kCancelled and
  // kDeadlineExceeded; kInternal for everything after the first byte was sent.
  virtual Task<Result<std::unique_ptr<Reply>>> call(Ctx ctx, const Call* call) = 0;
};

// Channels to other hosts, made as they are asked for.
class UrlChannels {
 public:
  virtual ~UrlChannels() = default;
  // `url` is "http://host[:port][/base]" or https. Errors: kInvalidArgument.
  virtual Result<std::shared_ptr<Channel>> for_url(std::string_view url) = 0;
};

}  // namespace edge::blocks
