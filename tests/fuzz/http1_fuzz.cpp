// Any bytes as an HTTP/1 head or a chunked body: what is accepted must mean one thing, however it
// was split.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "edge/net/http1/chunked.h"
#include "edge/net/http1/head.h"
#include "edge/net/http1/text.h"

namespace edge::http1 {
namespace {

void require(bool held) {
  if (!held) std::abort();
}

// Cuts for pieces, from a few bytes of the input.
class Cuts {
 public:
  explicit Cuts(std::uint32_t seed) : state_(seed | 1) {}
  std::size_t next(std::size_t most) {
    state_ = state_ * 1664525 + 1013904223;
    const std::size_t wish = (state_ >> 24) % 4 == 0 ? 1 + (state_ >> 8) % 64 : 1;
    return std::min(wish, most);
  }

 private:
  std::uint32_t state_;
};

bool inside(std::string_view part, const std::string& whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool clean(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void check_head(const Head& head) {
  require(head.storage.ends_with("\r\n\r\n"));
  require(inside(head.method, head.storage) && inside(head.target, head.storage));
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  for (const Header& header : head.headers) {
    require(inside(header.name, head.storage) && inside(header.value, head.storage));
    require(!header.name.empty() && clean(header.name) && clean(header.value));
    require(header.name.find_first_of(" \t:") == std::string_view::npos);
    lengths += equals_ignoring_case(header.name, "content-length") ? 1 : 0;
    encodings += equals_ignoring_case(header.name, "transfer-encoding") ? 1 : 0;
  }
  require(lengths + encodings <= 1);
  require(head.framing != Framing::kChunked || encodings == 1);
  require(head.framing != Framing::kLength || (lengths == 1 && head.content_length > 0));
  require(head.minor == 0 || head.minor == 1);
}

std::string lines_of(const Head& head) {
  std::string text;
  for (const Header& header : head.headers) append_header(text, header.name, header.value);
  return text + "\r\n";
}

bool same(const Head& one, const Head& two) {
  return one.method == two.method && one.target == two.target && one.status == two.status &&
         one.minor == two.minor && one.framing == two.framing &&
         one.content_length == two.content_length && one.keep_alive == two.keep_alive &&
         one.expects_continue == two.expects_continue && lines_of(one) == lines_of(two);
}

enum class Kind { kRequest, kResponse, kResponseToHead };

Result<HeadProgress> parse(Kind kind, std::string_view bytes, std::size_t limit, Head& head) {
  if (kind == Kind::kRequest) return parse_request(bytes, limit, head);
  const auto answering = kind == Kind::kResponse ? Answering::kOther : Answering::kHead;
  return parse_response(bytes, limit, answering, head);
}

// The judge of every shape, which the short way for plain heads must agree with.
Result<HeadProgress> parse_any(Kind kind, std::string_view bytes, std::size_t limit, Head& head) {
  if (kind == Kind::kRequest) return parse_any_request(bytes, limit, head);
  const auto answering = kind == Kind::kResponse ? Answering::kOther : Answering::kHead;
  return parse_any_response(bytes, limit, answering, head);
}

// What was understood, said again, is understood in the same way.
void check_said_again(Kind kind, const Head& head) {
  const std::string version = "HTTP/1." + std::to_string(head.minor);
  std::string text = kind == Kind::kRequest
                         ? std::string(head.method) + " " + std::string(head.target) + " " + version
                         : version + " " + std::to_string(head.status) + " x";
  text += "\r\n" + lines_of(head);
  Head again;
  const auto progress = parse(kind, text, text.size(), again);
  require(progress && progress->complete && progress->size == text.size());
  require(same(head, again));
}

void fuzz_head(Kind kind, std::string_view bytes, std::size_t limit, Cuts cuts) {
  Head whole;
  const auto at_once = parse(kind, bytes, limit, whole);
  Head judged;
  const auto judgement = parse_any(kind, bytes, limit, judged);
  require(at_once.has_value() == judgement.has_value());
  if (at_once && at_once->complete) {
    require(judgement->complete && judgement->size == at_once->size && same(whole, judged));
    require(at_once->size <= bytes.size());
    check_head(whole);
    require(kind == Kind::kRequest || (whole.status >= 100 && whole.status <= 999));
    check_said_again(kind, whole);
  }
  Head grown;
  Result<HeadProgress> progress = HeadProgress{};
  std::size_t size = 0;
  while (size < bytes.size() && progress && !progress->complete) {
    size += cuts.next(bytes.size() - size);
    progress = parse(kind, bytes.substr(0, size), limit, grown);
  }
  require(progress.has_value() == at_once.has_value());
  if (!progress || !at_once) return;
  require(progress->complete == at_once->complete && progress->size == at_once->size);
  if (progress->complete) require(same(grown, whole));
}

struct Decoded {
  std::string body;
  std::size_t consumed = 0;
  bool complete = false;
  bool failed = false;
};

// One byte a piece, or as `cuts` say; nullptr: all at once.
Decoded decode(std::string_view bytes, Cuts* cuts) {
  ChunkedDecoder decoder;
  Decoded all;
  while (all.consumed < bytes.size() && !all.complete) {
    const std::size_t left = bytes.size() - all.consumed;
    std::string piece(bytes.substr(all.consumed, cuts != nullptr ? cuts->next(left) : left));
    const auto decoded = decoder.decode(piece);
    all.failed = !decoded;
    if (!decoded) return all;
    require(decoded->body <= decoded->consumed && decoded->consumed <= piece.size());
    require(decoded->complete || decoded->consumed == piece.size());
    all.body.append(piece, 0, decoded->body);
    all.consumed += decoded->consumed;
    all.complete = decoded->complete;
  }
  return all;
}

void fuzz_chunks(std::string_view bytes, Cuts cuts) {
  const Decoded at_once = decode(bytes, nullptr);
  const Decoded pieces = decode(bytes, &cuts);
  require(at_once.failed == pieces.failed);
  if (at_once.failed) return;
  require(at_once.body == pieces.body && at_once.consumed == pieces.consumed);
  require(at_once.complete == pieces.complete);
  const ChunkLine line(at_once.body.size());
  const std::string chunk =
      at_once.body.empty() ? "" : std::string(line.text()) + at_once.body + std::string(kChunkEnd);
  const Decoded again = decode(chunk + std::string(kLastChunk), nullptr);
  require(again.complete && again.body == at_once.body);
}

}  // namespace
}  // namespace edge::http1

// The first byte says what the rest is, the next ones the limit of a head and the cuts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace edge::http1;
  constexpr std::size_t kControl = 4;
  constexpr std::size_t kMost = 32768;  // under what a decoder takes of framing without body
  if (size < kControl || size > kMost) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + kControl, size - kControl);
  const Cuts cuts(static_cast<std::uint32_t>(data[2]) << 8 | data[3]);
  const std::size_t limit = std::size_t{16} * (1 + data[1]);
  switch (data[0] % 4) {
    case 0:
      fuzz_head(Kind::kRequest, bytes, limit, cuts);
      break;
    case 1:
      fuzz_head(Kind::kResponse, bytes, limit, cuts);
      break;
    case 2:
      fuzz_head(Kind::kResponseToHead, bytes, limit, cuts);
      break;
    default:
      fuzz_chunks(bytes, cuts);
      break;
  }
  return 0;
}
