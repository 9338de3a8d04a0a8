#include "edge/net/http2/session.h"

#include <array>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "edge/base/log.h"

namespace edge::http2 {
namespace {

// Frames that are written at once, and what of their memory an idle connection keeps.
constexpr std::size_t kBatch = std::size_t{64} * 1024;
constexpr std::size_t kKeptBytes = 1024;
// What is read away after the last frame, so that the peer gets it before a reset.
constexpr std::size_t kMaxLinger = std::size_t{1024} * 1024;

}  // namespace

Session::Session(UvLoop& loop, std::unique_ptr<ByteStream> wire, const Limits& limits, Role role,
                 Owner& owner)
    : Timer(loop),
      loop_(loop),
      wire_(std::move(wire)),
      limits_(limits),
      owner_(owner),
      role_(role),
      writer_(loop),
      idle_frames_(limits.idle_frames, limits.idle_frames_per_second, loop.now()),
      began_(loop.now()),
      idle_since_(began_),
      heard_(began_),
      end_reason_{Code::kUnavailable, "the HTTP/2 connection ended"} {
  create();
  tell_settings();
}

Session::~Session() {
  fail_streams();
}

Task<void> Session::run(Ctx ctx) {
  CancelScope reading(ctx);
  reading_ = &reading;
  arm_by(began_ + limits_.opening_time);
  TaskGroup writing(loop_, "http2 writer");
  writing.spawn(write_all(ctx));
  co_await read_all();
  reading_ = nullptr;
  closing_ = true;
  going_ = true;
  if (wire_->ended() || ctx.cancelled()) wire_->close();
  want_write();
  co_await writing.wait();
  disarm();
  fail_streams();
  if (!wire_->ended()) co_await linger(ctx);
}

Task<void> Session::read_all() {
  const Ctx ctx = reading_->ctx();
  while (!finished()) {
    if (wire_->pending().empty()) {
      auto filled = co_await wire_->fill(ctx);
      if (!filled || *filled == Fill::kEnd) co_return;
    }
    feed();
  }
}

void Session::feed() {
  heard_ = loop_.now();
  asked_.reset();
  const auto bytes = wire_->pending();
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const ssize_t used = nghttp2_session_mem_recv(session_.get(), data, bytes.size());
  wire_->consume(bytes.size());
  if (used < 0) {
    const bool flood = used == NGHTTP2_ERR_FLOODED;
    terminate(flood ? Reason::kEnhanceYourCalm : Reason::kProtocolError,
              nghttp2_strerror(static_cast<int>(used)));
  }
  if (changed_) arm_by(next_check(heard_));
  if (head_since_) arm_by(*head_since_ + limits_.header_time);
  for (StreamPtr& stream : std::exchange(arrived_, {})) {
    const bool reset_again = stream->session_ == nullptr;
    if (!reset_again) owner_.request_came(std::move(stream));
  }
  if (std::exchange(changed_, false)) owner_.changed();
  want_write();
}

void Session::collect() {
  out_.clear();
  while (out_.size() < kBatch) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size <= 0) break;
    out_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
  if (std::exchange(changed_, false)) owner_.changed();
}

Task<void> Session::write_all(Ctx ctx) {
  while (true) {
    collect();
    if (!out_.empty()) {
      const std::array<std::string_view, 1> parts = {out_};
      auto written = co_await wire_->write(ctx, parts);
      if (written) continue;
      end_reason_ = written.error().within("the HTTP/2 connection ended");
      if (reading_ != nullptr) reading_->cancel();
      co_return;
    }
    if (closing_) co_return;
    if (finished() && reading_ != nullptr) reading_->cancel();
    if (out_.capacity() > kKeptBytes) out_ = std::string();
    // The end of the connection comes by way of the reader, who wakes it.
    ParkAwaiter parked{writer_, Ctx::background(), closing_};
    co_await parked;
  }
}

bool Session::finished() const noexcept {
  return nghttp2_session_want_read(session_.get()) == 0 &&
         nghttp2_session_want_write(session_.get()) == 0;
}

// Closing while the peer still sends would reset the connection, and could destroy the last frames
// on their way.
Task<void> Session::linger(Ctx ctx) {
  auto shut = co_await wire_->shutdown_write(ctx);
  if (!shut) co_return;
  DeadlineScope limit(loop_, ctx, limits_.drain_time);
  std::size_t dropped = 0;
  while (dropped < kMaxLinger) {
    const std::size_t size = wire_->pending().size();
    dropped += size;
    if (size > 0) wire_->consume(size);
    auto filled = co_await wire_->fill(limit.ctx());
    if (!filled || *filled == Fill::kEnd) co_return;
  }
}

void Session::terminate(Reason reason, std::string_view why) noexcept {
  if (terminated_at_) return;
  terminated_at_ = loop_.now();
  arm_by(*terminated_at_ + limits_.drain_time);
  going_ = true;
  if (reason != Reason::kNoError) {
    log::debug("edge.http2", "connection ended", {{"reason", std::string(why)}});
  }
  end_reason_ = {Code::kUnavailable, "the HTTP/2 connection ended: " + std::string(why)};
  nghttp2_session_terminate_session(session_.get(), static_cast<std::uint32_t>(reason));
  want_write();
}

void Session::fail_streams() {
  for (auto& [id, stream] : std::exchange(streams_, {})) stream->closed(end_reason_);
}

void Session::resume(Stream& stream) noexcept {
  stream.moved_ = loop_.now();
  nghttp2_session_resume_data(session_.get(), stream.id_);
  want_write();
}

void Session::give_back(Stream& stream, std::size_t bytes) noexcept {
  nghttp2_session_consume(session_.get(), stream.id_, bytes);
  want_write();
}

void Session::reset(Stream& stream, Reason reason) noexcept {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id_,
                            static_cast<std::uint32_t>(reason));
  want_write();
}

}  // namespace edge::http2
