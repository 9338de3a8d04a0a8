#include "edge/api/http/event_answer.h"

#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"

namespace edge::api {
namespace {

using Json = nlohmann::json;
using blocks::Outcome;
using blocks::Verdict;

constexpr std::size_t kShownBody = 200;

// What the status alone says; nothing where the body counts.
std::optional<Outcome> by_status(int status, std::string_view body) {
  if (status >= 200 && status < 300) return std::nullopt;
  if (status == 404) {
    return Outcome{Verdict::kDrop, "the app answered 404: nothing is at the route", status};
  }
  std::string why = "the app answered " + std::to_string(status);
  if (!body.empty()) why.append(": ").append(body.substr(0, kShownBody));
  return Outcome{Verdict::kRetry, std::move(why), status};
}

Outcome by_word(const std::string& word, int status) {
  if (word == "SUCCESS") return {Verdict::kDone, "", status};
  if (word == "DROP") return {Verdict::kDrop, "the app answered DROP", status};
  if (word == "RETRY") return {Verdict::kRetry, "the app answered RETRY", status};
  return {Verdict::kRetry, "the app answered an unknown status '" + word + "'", status};
}

// Nothing where `object` is none, or its member is no text.
std::optional<std::string> text_of(const Json& object, std::string_view name) {
  auto text = string_member(object, name);
  if (!text || !object.is_object()) return std::nullopt;
  return text->value_or("");
}

}  // namespace

Outcome outcome_of(int status, std::string_view body) {
  if (auto known = by_status(status, body)) return std::move(*known);
  const Outcome done{Verdict::kDone, "", status};
  if (trim(body).empty()) return done;
  const auto answer = parse_json(body);
  const auto word = answer ? text_of(*answer, "status") : std::nullopt;
  return word && !word->empty() ? by_word(*word, status) : done;
}

std::vector<Outcome> outcomes_of(int status, std::string_view body,
                                 const std::vector<std::string_view>& ids) {
  if (auto known = by_status(status, body)) return {ids.size(), *known};
  const auto answer = parse_json(body);
  const Json* statuses = answer ? find_member(*answer, "statuses") : nullptr;
  std::map<std::string, std::string, std::less<>> words;
  if (statuses != nullptr && statuses->is_array()) {
    for (const Json& one : *statuses) {
      auto id = text_of(one, "entryId");
      if (id) words[*id] = text_of(one, "status").value_or("");
    }
  }
  std::vector<Outcome> outcomes;
  for (const std::string_view id : ids) {
    const auto word = words.find(id);
    outcomes.push_back(word == words.end()
                           ? Outcome{Verdict::kRetry, "the app gave no status for it", status}
                           : by_word(word->second, status));
  }
  return outcomes;
}

}  // namespace edge::api
