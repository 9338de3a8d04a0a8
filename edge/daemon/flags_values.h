// The types of flags' values: each setter checks one and puts it where its template says.
#pragma once

#include "edge/base/strings.h"
#include "edge/daemon/flags_table.h"

namespace edge::daemon::flag {

// Errors: kInvalidArgument, "expected <what>, got <value>; <remedy>".
Error expected(std::string_view what, std::string_view got, std::string_view remedy);

Result<bool> to_bool(std::string_view value);
Result<std::uint16_t> to_port(std::string_view value);
Result<std::int64_t> to_number(std::string_view value, std::int64_t min, std::int64_t max);
Result<Duration> to_duration(std::string_view value);  // 0 or more
Result<std::int64_t> to_quantity(std::string_view value);
// The parts between commas, trimmed, without empty ones.
std::vector<std::string> to_list(std::string_view value);
// "[::1]" as "::1".
std::string without_brackets(std::string_view host);

// A member of Options or of Draft.
template <auto Member>
auto& at(Draft& draft) {
  if constexpr (requires { draft.options.*Member; }) {
    return draft.options.*Member;
  } else {
    return draft.*Member;
  }
}

// Sets a member from a Result, or passes the error on.
template <auto Member, class T>
Status store(Draft& draft, Result<T> value) {
  if (!value) return value.error();
  at<Member>(draft) = *value;
  return {};
}

template <auto Member>
Status text(Draft& draft, std::string_view value) {
  at<Member>(draft) = std::string(value);
  return {};
}

template <auto Member>
Status boolean(Draft& draft, std::string_view value) {
  return store<Member>(draft, to_bool(value));
}

template <auto Member>
Status port(Draft& draft, std::string_view value) {
  return store<Member>(draft, to_port(value));
}

// A port that "" and 0 leave away.
template <auto Member>
Status optional_port(Draft& draft, std::string_view value) {
  at<Member>(draft) = std::nullopt;
  if (value.empty()) return {};
  const auto number = to_port(value);
  if (!number) return number.error();
  if (*number != 0) at<Member>(draft) = *number;
  return {};
}

template <auto Member>
Status list(Draft& draft, std::string_view value) {
  for (std::string& item : to_list(value)) at<Member>(draft).push_back(std::move(item));
  return {};
}

template <auto Member>
Status whole_number(Draft& draft, std::string_view value) {
  const auto number = to_number(value, INT32_MIN, INT32_MAX);
  if (!number) return number.error();
  at<Member>(draft) = *number;
  return {};
}

template <Options::Action Chosen>
Status action(Draft& draft, std::string_view value) {
  const auto asked = to_bool(value);
  if (!asked) return asked.error();
  if (*asked) draft.options.action = Chosen;
  return {};
}

// For flags without effect: only whether the value is one.
Status any_text(Draft& draft, std::string_view value);
Status any_bool(Draft& draft, std::string_view value);
Status any_port(Draft& draft, std::string_view value);
Status any_number(Draft& draft, std::string_view value);
Status any_duration(Draft& draft, std::string_view value);

}  // namespace edge::daemon::flag
