#include "edge/net/aws/refusal.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"

namespace edge::aws {
namespace {

constexpr std::size_t kLongestType = 64;
constexpr std::size_t kLongestMessage = 300;

// "com.amazonaws.secretsmanager#AccessDeniedException:http://..." is "AccessDeniedException".
std::string_view bare_type(std::string_view text) {
  if (const auto hash = text.find('#'); hash != std::string_view::npos)
    text.remove_prefix(hash + 1);
  return text.substr(0, text.find(':')).substr(0, kLongestType);
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, kLongestMessage));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return out;
}

std::string member(const nlohmann::json& object, std::string_view name) {
  const auto found = string_member(object, name);
  return found ? found->value_or("") : "";
}

struct Meaning {
  std::string_view type;
  Code code;
  std::string_view remedy;
};

constexpr std::string_view kCheckKeys = "check accessKey and secretKey";
constexpr auto kMeanings = std::to_array<Meaning>({
    {"ResourceNotFoundException", Code::kNotFound, ""},
    {"AccessDeniedException", Code::kPermissionDenied,
     "allow it in the policy of whoever accessKey is"},
    {"DecryptionFailure", Code::kPermissionDenied, "allow kms:Decrypt for the secret's key"},
    {"UnrecognizedClientException", Code::kUnauthenticated, kCheckKeys},
    {"InvalidClientTokenId", Code::kUnauthenticated, kCheckKeys},
    {"InvalidSignatureException", Code::kUnauthenticated, kCheckKeys},
    {"IncompleteSignature", Code::kUnauthenticated, kCheckKeys},
    {"MissingAuthenticationToken", Code::kUnauthenticated, kCheckKeys},
    {"ExpiredTokenException", Code::kUnauthenticated,
     "the session has ended: give a new accessKey, secretKey and sessionToken"},
    {"ExpiredToken", Code::kUnauthenticated,
     "the session has ended: give a new accessKey, secretKey and sessionToken"},
    {"ThrottlingException", Code::kResourceExhausted, ""},
    {"Throttling", Code::kResourceExhausted, ""},
    {"TooManyRequestsException", Code::kResourceExhausted, ""},
    {"RequestLimitExceeded", Code::kResourceExhausted, ""},
    {"InternalServiceError", Code::kResourceExhausted, ""},
    {"InternalFailure", Code::kResourceExhausted, ""},
});

Meaning meaning_of(const Refusal& refusal) {
  const auto found = std::ranges::find(kMeanings, refusal.type, &Meaning::type);
  if (found != kMeanings.end()) return *found;
  if (refusal.status == 429 || refusal.status >= 500) return {"", Code::kResourceExhausted, ""};
  if (refusal.status == 403) return {"", Code::kPermissionDenied, kCheckKeys};
  // A deleted secret is there for some days more, for whoever wants it back.
  if (refusal.type == "InvalidRequestException" &&
      refusal.message.find("delet") != std::string::npos) {
    return {"", Code::kNotFound, ""};
  }
  return {"", Code::kFailedPrecondition, ""};
}

// `count` digits at `at`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  const auto number = parse_unsigned(text.substr(at, count));
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

}  // namespace

Refusal parse_refusal(int status, std::string_view type_header, std::string_view body) {
  Refusal refusal{.status = status, .type = std::string(bare_type(type_header)), .message = {}};
  const auto json = parse_json(body);
  if (!json || !json->is_object()) return refusal;
  if (refusal.type.empty()) refusal.type = bare_type(member(*json, "__type"));
  refusal.message = printable(member(*json, "message"));
  return refusal;
}

bool is_clock_refusal(const Refusal& refusal) {
  if (refusal.type == "RequestTimeTooSkewed" || refusal.type == "RequestExpired") return true;
  return refusal.type == "InvalidSignatureException" &&
         (refusal.message.find("expired") != std::string::npos ||
          refusal.message.find("not yet current") != std::string::npos);
}

Error error_of(const Refusal& refusal) {
  const Meaning meaning = meaning_of(refusal);
  std::string text =
      refusal.type.empty() ? "status " + std::to_string(refusal.status) : refusal.type;
  if (!refusal.message.empty()) text += ": " + refusal.message;
  if (!meaning.remedy.empty()) text.append("; ").append(meaning.remedy);
  return {meaning.code, std::move(text)};
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto day = digits(text, 5, 2);
  const auto month = kMonths.find(text.substr(8, 3));
  const auto year = digits(text, 12, 4);
  const auto hour = digits(text, 17, 2);
  const auto minute = digits(text, 20, 2);
  const auto second = digits(text, 23, 2);
  if (!day || month == std::string_view::npos || month % 3 != 0 || !year || !hour || !minute ||
      !second) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month / 3) + 1),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(date) + std::chrono::hours(*hour) +
                  std::chrono::minutes(*minute) + std::chrono::seconds(*second));
}

}  // namespace edge::aws
