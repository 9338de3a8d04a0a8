#include "edge/net/mqtt/session.h"

#include <algorithm>
#include <array>
#include <utility>

namespace edge::mqtt {
namespace {

constexpr int kVersion311 = 1;
constexpr int kVersion5 = 0x84;

std::string refusal_text(int refusal) {
  constexpr std::array<std::string_view, 6> kTexts = {
      "",
      "it does not speak MQTT 3.1.1",
      "it does not take this client id; set consumerID",
      "it is not available",
      "bad user name or password; check the URL",
      "this client is not allowed to connect; check user name, password and client id"};
  const auto index = static_cast<std::size_t>(refusal);
  if (refusal > 0 && index < kTexts.size()) return std::string(kTexts[index]);
  return reason_text(refusal);
}

}  // namespace

std::string reason_text(int reason) {
  struct Reason {
    int code;
    std::string_view text;
  };
  constexpr std::array<Reason, 14> kReasons = {
      {{0x81, "it found a packet malformed"},
       {0x82, "it found an error in the protocol"},
       {kVersion5, "it does not speak MQTT 5"},
       {0x85, "it does not take this client id"},
       {0x86, "bad user name or password"},
       {0x87, "this client is not allowed to; check user name, password and access list"},
       {0x88, "it is not available"},
       {0x89, "it is busy"},
       {0x8B, "it shuts down"},
       {0x8D, "it has heard nothing for too long"},
       {0x8E, "another client has connected with this client id"},
       {0x93, "it was sent more messages at once than it takes"},
       {0x95, "a packet is larger than it takes"},
       {0x97, "a quota is exceeded"}}};
  const auto* const found = std::ranges::find(kReasons, reason, &Reason::code);
  if (found != kReasons.end()) return std::string(found->text);
  return "reason " + std::to_string(reason);
}

Session::Session(Loop& loop, std::unique_ptr<ByteStream> stream, std::unique_ptr<Codec> codec,
                 SessionOwner& owner)
    : loop_(loop),
      stream_(std::move(stream)),
      codec_(std::move(codec)),
      owner_(owner),
      writable_(loop),
      reading_(loop) {
  reading_.set();
  touch();
}

Task<Error> Session::run(Ctx ctx, SessionTimes times) {
  TaskGroup group(loop_, "mqtt session", ctx);
  group_ = &group;
  if (!failure_) {
    group.spawn(write_all(group.ctx()));
    group.spawn(keep_alive(group.ctx(), times.keepalive));
    group.spawn(watch_connack(group.ctx(), times.connack));
    group.spawn(read_all(group.ctx()));
    co_await group.wait();
  }
  group_ = nullptr;
  if (failure_) co_return *failure_;
  co_return ctx.cancelled() ? ctx.error() : Error{Code::kCancelled, "the session was ended"};
}

void Session::touch() noexcept {
  if (!codec_->output().empty()) writable_.set();
}

void Session::fail(Error error) noexcept {
  if (!failure_) failure_ = std::move(error);
  if (group_ != nullptr) group_->cancel();
}

void Session::note(const Status& status) {
  if (!status) fail(status.error());
}

void Session::pause() noexcept {
  reading_.reset();
}

void Session::resume() noexcept {
  reading_.set();
}

Task<void> Session::read_all(Ctx ctx) {
  while (!ctx.cancelled()) {
    const Status wanted = co_await reading_.wait(ctx);
    if (!wanted) co_return;
    const auto bytes = stream_->pending();
    if (!bytes.empty()) {
      const Status fed = codec_->feed(bytes);
      stream_->consume(bytes.size());
      dispatch();
      note(fed);
      touch();
      continue;
    }
    const auto filled = co_await stream_->fill(ctx);
    if (!filled) {
      note(filled.error());
      co_return;
    }
    if (*filled == Fill::kEnd && stream_->pending().empty()) {
      if (!open_ && refusal_ == Refusal::kNone) refusal_ = Refusal::kEnded;
      fail({Code::kUnavailable, open_ ? "the server closed the connection"
                                      : "the server closed the connection before it was open"});
    }
  }
}

Task<void> Session::write_all(Ctx ctx) {
  while (!ctx.cancelled()) {
    const Status wanted = co_await writable_.wait(ctx);
    if (!wanted) co_return;
    writable_.reset();
    const std::string bytes = codec_->take_output();
    const std::array<std::string_view, 1> parts = {bytes};
    const Status written = co_await stream_->write(ctx, parts);
    if (!written) {
      note(written);
      co_return;
    }
    touch();
    if (codec_->output().empty()) owner_.written();
  }
}

// While we take nothing in, the library cannot see the server's answers to its own pings.
Task<void> Session::keep_alive(Ctx ctx, Duration keepalive) {
  constexpr Duration kTick = std::chrono::seconds(1);
  TimePoint pinged = loop_.now();
  while (true) {
    const Status slept = co_await sleep_for(loop_, ctx, kTick);
    if (!slept) co_return;
    if (reading_.is_set()) {
      note(codec_->tick());
    } else if (open_ && loop_.now() - pinged > keepalive / 2) {
      codec_->ping();
      pinged = loop_.now();
    }
    touch();
  }
}

Task<void> Session::watch_connack(Ctx ctx, Duration limit) {
  const Status slept = co_await sleep_for(loop_, ctx, limit);
  if (!slept || open_) co_return;
  fail({Code::kUnavailable, "the server did not answer within " + format_duration(limit) +
                                ": is there an MQTT server at this address?"});
}

void Session::dispatch() {
  for (auto& event : codec_->take_events()) {
    if (auto* connected = std::get_if<Connected>(&event)) {
      take(*connected);
    } else if (auto* message = std::get_if<Incoming>(&event)) {
      owner_.received(std::move(*message));
    } else if (const auto* ack = std::get_if<Acknowledged>(&event)) {
      owner_.acknowledged(*ack);
    } else if (const auto* ended = std::get_if<Ended>(&event)) {
      fail({Code::kUnavailable, "the server ends the connection: " + reason_text(ended->reason)});
    } else if (const auto* grant = std::get_if<Granted>(&event)) {
      owner_.granted(*grant);
    } else if (const auto* oversize = std::get_if<Oversize>(&event)) {
      owner_.oversize(*oversize);
    }
  }
}

void Session::take(const Connected& connected) {
  if (connected.refusal != 0) {
    const bool is_said = connected.refusal == kVersion311 || connected.refusal == kVersion5;
    if (is_said) refusal_ = Refusal::kSaid;
    fail({Code::kUnavailable,
          "the server refuses the connection: " + refusal_text(connected.refusal)});
    return;
  }
  open_ = true;
  owner_.opened(connected);
}

}  // namespace edge::mqtt
