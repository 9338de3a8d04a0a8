#include "edge/policy/baggage.h"

#include <algorithm>

#include "edge/base/strings.h"

namespace edge::policy {
namespace {

// Source: RFC 9110 §5.6.2.
bool is_token_char(unsigned char c) noexcept {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
}

// Source: W3C Baggage §3.3.1.3, baggage-octet.
bool is_value_char(unsigned char c) noexcept {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

enum class Value { kRequired, kOptional };

bool is_pair(std::string_view text, Value value_rule) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos)
    return value_rule == Value::kOptional && is_token(trim(text));
  const std::string_view value = trim(text.substr(equals + 1));
  return is_token(trim(text.substr(0, equals))) &&
         std::all_of(value.begin(), value.end(), is_value_char);
}

bool is_member(std::string_view text) {
  const auto parts = split(text, ';');
  return is_pair(parts.front(), Value::kRequired) &&
         std::all_of(parts.begin() + 1, parts.end(),
                     [](std::string_view part) { return is_pair(part, Value::kOptional); });
}

}  // namespace

Status check_baggage(std::string_view header) {
  if (trim(header).empty()) return {};
  if (header.size() > kMaxBaggageBytes) {
    return Error{Code::kInvalidArgument, "invalid baggage header: it is over " +
                                             std::to_string(kMaxBaggageBytes) + " bytes"};
  }
  const auto members = split(header, ',');
  if (members.size() > kMaxBaggageMembers ||
      !std::all_of(members.begin(), members.end(), is_member)) {
    return Error{Code::kInvalidArgument, "invalid baggage header: expected at most " +
                                             std::to_string(kMaxBaggageMembers) +
                                             " members key=value, separated by commas"};
  }
  return {};
}

}  // namespace edge::policy
