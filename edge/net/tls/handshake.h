// The handshake of a stream: steps on a worker, bytes on the loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "edge/loop/uv_loop.h"
#include "edge/net/tls/engine.h"
#include "edge/net/tls/tls_stream.h"

namespace edge::tls {

struct Handshake {
  TlsStream* stream;
  UvLoop* loop;
  // What has to be read or computed before the first step; runs on the worker.
  std::function<Status()> prepare;

  // Errors: kUnavailable, kCancelled, kDeadlineExceeded.
  Task<Status> run(Ctx ctx);

  static std::unique_ptr<TlsStream> new_stream(UvLoop& loop, std::unique_ptr<ByteStream> inner,
                                               std::shared_ptr<const void> context);
  static Engine& engine(TlsStream& stream) noexcept;
  static void established(TlsStream& stream);
};

}  // namespace edge::tls
