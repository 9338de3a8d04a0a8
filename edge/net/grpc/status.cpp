#include "edge/net/grpc/status.h"

#include "edge/base/strings.h"

namespace edge::grpc {
namespace {

constexpr std::uint64_t kLastCode = 16;

bool is_plain(char c) noexcept {
  return c >= ' ' && c <= '~' && c != '%';
}

// Not that of Dapr's answers: what a proxy on the way means.
Code code_of_http(int status) noexcept {
  switch (status) {
    case 400:
      return Code::kInternal;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return Code::kUnavailable;
    default:
      return Code::kUnknown;
  }
}

}  // namespace

std::string_view bounded_message(std::string_view text, std::size_t most) {
  std::size_t whole = 0;  // up to the character at hand
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (begins) whole = i;
    size += is_plain(text[i]) ? 1 : 3;
    if (size > most) return text.substr(0, whole);
  }
  return text;
}

Trailers::Trailers(const Status& status, std::string_view details) {
  code_ = std::to_string(status ? 0 : static_cast<int>(status.error().code));
  list_.add("grpc-status", code_);
  if (!status) message_ = encode_message(bounded_message(status.error().message, kMostMessage));
  if (!message_.empty()) list_.add("grpc-message", message_);
  if (details.empty() || details.size() > kMostDetails) return;
  // Without padding, as gRPC's own libraries send it.
  details_ = base64_encode(details);
  while (details_.ends_with('=')) details_.pop_back();
  list_.add("grpc-status-details-bin", details_);
}

std::string encode_message(std::string_view message) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(message.size());
  for (std::size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    const auto byte = static_cast<unsigned char>(c);
    // HTTP/2 takes no value that begins or ends with a blank.
    const bool at_edge = c == ' ' && (i == 0 || i + 1 == message.size());
    if (is_plain(c) && !at_edge) {
      text += c;
    } else {
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

std::string decode_message(std::string_view text) {
  std::string message;
  while (!text.empty()) {
    const bool escape = text[0] == '%' && text.size() >= 3;
    const auto decoded =
        escape ? percent_decode(text.substr(0, 3), PlusSign::kIsPlus) : std::nullopt;
    message += decoded ? std::string_view(*decoded) : text.substr(0, 1);
    text.remove_prefix(decoded ? 3 : 1);
  }
  return message;
}

Status read_status(const HeaderList& trailers, int http_status) {
  const auto told = trailers.find("grpc-status");
  if (!told) {
    const Code code = http_status == 200 ? Code::kUnknown : code_of_http(http_status);
    return Error{code, "grpc: the answer has no grpc-status; its HTTP status is " +
                           std::to_string(http_status)};
  }
  const auto code = parse_unsigned(*told);
  if (code == 0) return {};
  const bool known = code && *code <= kLastCode;
  const std::string message = decode_message(trailers.find("grpc-message").value_or(""));
  return Error{known ? static_cast<Code>(*code) : Code::kUnknown, message};
}

std::string read_details(const HeaderList& trailers) {
  const auto text = trailers.find("grpc-status-details-bin");
  return text ? base64_decode(*text).value_or("") : "";
}

}  // namespace edge::grpc
