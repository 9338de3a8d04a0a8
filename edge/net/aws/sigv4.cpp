#include "edge/net/aws/sigv4.h"

#include <algorithm>

#include "edge/base/strings.h"
#include "edge/net/http1/text.h"
#include "edge/net/tls/hmac.h"
#include "edge/net/tls/secret_bytes.h"

namespace edge::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kContentType = "application/x-amz-json-1.1";
constexpr std::size_t kDayChars = 8;  // of "20260101T000000Z"

std::string_view signed_headers(const Credentials& credentials) {
  return credentials.session_token.empty()
             ? "content-type;host;x-amz-date;x-amz-target"
             : "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
}

std::string scope_of(const Call& call, std::string_view date) {
  return std::string(date.substr(0, kDayChars)) + "/" + call.region + "/" + call.service +
         "/aws4_request";
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(":").append(value).append("\n");
}

// The key of one day, region and service.
std::string signing_key(const Call& call, const Credentials& credentials, std::string_view date) {
  std::string key = "AWS4" + credentials.secret_key;
  for (const std::string_view part :
       {date.substr(0, kDayChars), std::string_view(call.region), std::string_view(call.service),
        std::string_view("aws4_request")}) {
    std::string next = tls::hmac_sha256(key, part);
    tls::wipe(key);
    key = std::move(next);
  }
  return key;
}

}  // namespace

std::string amz_date(WallTime time) {
  std::string text = to_rfc3339(time);  // 2026-01-01T00:00:00Z
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string canonical_request(const Call& call, const Credentials& credentials,
                              std::string_view date) {
  std::string text = "POST\n/\n\n";
  append_line(text, "content-type", kContentType);
  append_line(text, "host", call.host);
  append_line(text, "x-amz-date", date);
  if (!credentials.session_token.empty()) {
    append_line(text, "x-amz-security-token", credentials.session_token);
  }
  append_line(text, "x-amz-target", call.target);
  text.append("\n").append(signed_headers(credentials)).append("\n");
  return text + hex_encode(tls::sha256(call.body));
}

std::string signature(const Call& call, const Credentials& credentials, std::string_view date) {
  std::string text(kAlgorithm);
  text.append("\n").append(date).append("\n").append(scope_of(call, date)).append("\n");
  text += hex_encode(tls::sha256(canonical_request(call, credentials, date)));
  std::string key = signing_key(call, credentials, date);
  std::string made = hex_encode(tls::hmac_sha256(key, text));
  tls::wipe(key);
  return made;
}

std::string signed_head(const Call& call, const Credentials& credentials, WallTime time) {
  const std::string date = amz_date(time);
  std::string head = "POST / HTTP/1.1\r\n";
  http1::append_header(head, "Host", call.host);
  http1::append_header(head, "Content-Type", kContentType);
  http1::append_header(head, "X-Amz-Date", date);
  http1::append_header(head, "X-Amz-Target", call.target);
  if (!credentials.session_token.empty()) {
    http1::append_header(head, "X-Amz-Security-Token", credentials.session_token);
  }
  std::string proof(kAlgorithm);
  proof.append(" Credential=").append(credentials.access_key).append("/");
  proof.append(scope_of(call, date)).append(", SignedHeaders=");
  proof.append(signed_headers(credentials)).append(", Signature=");
  http1::append_header(head, "Authorization", proof + signature(call, credentials, date));
  return head;
}

}  // namespace edge::aws
