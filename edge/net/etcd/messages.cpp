#include "edge/net/etcd/messages.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"

namespace edge::etcd {
namespace {

using nlohmann::json;

constexpr std::size_t kDepth = 16;
constexpr std::size_t kShownText = 300;

// Reads the members of one object; remembers the first that is not as it has to be.
class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {
    if (!object.is_object()) fail("an object was expected");
  }

  std::uint64_t number(std::string_view name) {
    const json* member = find_member(object_, name);
    if (member == nullptr) return 0;
    if (member->is_number_unsigned()) return member->get<std::uint64_t>();
    if (member->is_string()) {
      const auto value = parse_unsigned(*member->get_ptr<const std::string*>());
      if (value) return *value;
    }
    return fail(name, "is no number"), 0;
  }

  bool flag(std::string_view name) {
    const json* member = find_member(object_, name);
    if (member == nullptr) return false;
    if (member->is_boolean()) return member->get<bool>();
    return fail(name, "is neither true nor false"), false;
  }

  std::string text(std::string_view name) {
    const json* member = find_member(object_, name);
    if (member == nullptr) return {};
    if (member->is_string()) return *member->get_ptr<const std::string*>();
    return fail(name, "is no text"), std::string();
  }

  std::string bytes(std::string_view name) {
    auto decoded = base64_decode(text(name));
    if (decoded) return std::move(*decoded);
    return fail(name, "is not base64"), std::string();
  }

  // The elements of an array that may be absent.
  const json::array_t& list(std::string_view name) {
    static const json::array_t none;
    const json* member = find_member(object_, name);
    if (member == nullptr) return none;
    if (member->is_array()) return *member->get_ptr<const json::array_t*>();
    return fail(name, "is no list"), none;
  }

  void fail(std::string_view name, std::string_view what) {
    fail("\"" + std::string(name) + "\" " + std::string(what));
  }
  void fail(std::string what) {
    if (!problem_) problem_ = Error{Code::kInvalidArgument, std::move(what)};
  }
  void note(const std::optional<Error>& problem) {
    if (problem && !problem_) problem_ = problem;
  }
  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

 private:
  const json& object_;
  std::optional<Error> problem_;
};

Header read_header(const json& answer, Fields& fields) {
  const json* member = find_member(answer, "header");
  if (member == nullptr) {
    fields.fail("header", "is missing");
    return {};
  }
  Fields header(*member);
  Header read{header.text("cluster_id"), header.number("revision"), header.number("raft_term")};
  fields.note(header.problem());
  return read;
}

KeyValue read_pair(const json& object, Fields& fields) {
  Fields pair(object);
  KeyValue read{pair.bytes("key"), pair.bytes("value"), pair.number("mod_revision")};
  fields.note(pair.problem());
  return read;
}

Event read_event(const json& object, Fields& fields) {
  Fields event(object);
  Event read;
  read.deleted = event.text("type") == "DELETE";
  const json* pair = find_member(object, "kv");
  if (pair == nullptr) {
    event.fail("kv", "is missing");
  } else {
    read.kv = read_pair(*pair, event);
  }
  fields.note(event.problem());
  return read;
}

bool says(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What a refusal means for who asked: etcd's gRPC codes do not tell these apart.
// Source: etcd 3.4 etcdserver/api/v3rpc/rpctypes/error.go.
std::optional<Code> code_of_words(std::string_view words) {
  static constexpr std::array<std::pair<std::string_view, Code>, 10> kWords = {{
      {"invalid auth token", Code::kUnauthenticated},
      {"user name is empty", Code::kUnauthenticated},
      {"auth store is old", Code::kUnauthenticated},
      {"invalid user ID or password", Code::kUnauthenticated},
      {"Unauthenticated", Code::kUnauthenticated},
      {"permission denied", Code::kPermissionDenied},
      {"PermissionDenied", Code::kPermissionDenied},
      {"required revision", Code::kOutOfRange},
      {"not enabled", Code::kFailedPrecondition},
      {"not supported", Code::kFailedPrecondition},
  }};
  const auto* found =
      std::ranges::find_if(kWords, [words](const auto& entry) { return says(words, entry.first); });
  if (found == kWords.end()) return std::nullopt;
  return found->second;
}

Error refusal(std::string_view words, std::uint64_t code) {
  const auto known = code_of_words(words);
  const bool is_code = code >= 1 && code <= 16;
  const Code own = is_code && code != 2 ? static_cast<Code>(code) : Code::kUnavailable;
  return {known.value_or(own), std::string(words.substr(0, kShownText))};
}

// {"grpc_code":14,"message":"..."} at the end of a stream.
Error end_of_stream(const json& error) {
  Fields fields(error);
  const std::string words = fields.text("message");
  return refusal(words.empty() ? "the server ended the stream" : words, fields.number("grpc_code"));
}

Result<WatchMessage> read_watch(const json& result) {
  Fields fields(result);
  if (fields.flag("canceled")) {
    const std::uint64_t compacted = fields.number("compact_revision");
    if (compacted > 0) {
      return Error{Code::kOutOfRange,
                   "the changes before revision " + std::to_string(compacted) + " are compacted"};
    }
    const std::string reason = fields.text("cancel_reason");
    return refusal(reason.empty() ? "the server ended the watch" : reason, 0);
  }
  WatchMessage message;
  message.header = read_header(result, fields);
  message.created = fields.flag("created");
  for (const json& event : fields.list("events")) {
    message.events.push_back(read_event(event, fields));
  }
  if (fields.problem()) return *fields.problem();
  return message;
}

void add_number(json& object, const char* name, std::uint64_t value) {
  if (value > 0) object[name] = std::to_string(value);
}

json range_json(const Range& range) {
  return {{"key", base64_encode(range.begin)}, {"range_end", base64_encode(range.end)}};
}

}  // namespace

Range keys_under(std::string prefix) {
  const std::string all(1, '\0');
  std::string end = prefix;
  while (!end.empty() && end.back() == '\xFF') end.pop_back();
  if (prefix.empty() || end.empty()) return {all, all};
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {std::move(prefix), std::move(end)};
}

std::string range_text(const RangeRequest& request) {
  json object = range_json(request.range);
  add_number(object, "limit", request.limit);
  add_number(object, "revision", request.revision);
  add_number(object, "min_mod_revision", request.min_mod_revision);
  if (request.wanted == Wanted::kKeysOnly) object["keys_only"] = true;
  return dump_json(object);
}

std::string watch_text(const Range& range, std::uint64_t start_revision) {
  json create = range_json(range);
  add_number(create, "start_revision", start_revision);
  create["progress_notify"] = true;
  json object;
  object["create_request"] = std::move(create);
  return dump_json(object);
}

std::string login_text(std::string_view user, std::string_view password) {
  return dump_json(json{{"name", user}, {"password", password}});
}

Result<RangeAnswer> parse_range(std::string_view text) {
  const auto parsed = parse_json(text, kDepth);
  if (!parsed) return parsed.error();
  Fields fields(*parsed);
  RangeAnswer answer;
  answer.header = read_header(*parsed, fields);
  for (const json& pair : fields.list("kvs")) answer.kvs.push_back(read_pair(pair, fields));
  answer.more = fields.flag("more");
  answer.count = fields.number("count");
  if (fields.problem()) return *fields.problem();
  return answer;
}

Result<WatchMessage> parse_watch(std::string_view text) {
  const auto parsed = parse_json(text, kDepth);
  if (!parsed) return parsed.error();
  if (const json* error = find_member(*parsed, "error")) return end_of_stream(*error);
  const json* result = find_member(*parsed, "result");
  if (result != nullptr) return read_watch(*result);
  return Error{Code::kInvalidArgument, "neither \"result\" nor \"error\" is there"};
}

Result<std::string> parse_token(std::string_view text) {
  const auto parsed = parse_json(text, kDepth);
  if (!parsed) return parsed.error();
  Fields fields(*parsed);
  std::string token = fields.text("token");
  if (fields.problem()) return *fields.problem();
  const bool is_line =
      !token.empty() && std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7F; });
  if (is_line) return token;
  return Error{Code::kInvalidArgument, "\"token\" is missing, or is none"};
}

Error parse_error(int status, std::string_view text) {
  const std::string plain = "status " + std::to_string(status);
  const auto parsed = parse_json(text, kDepth);
  if (!parsed || !parsed->is_object()) {
    return {Code::kUnavailable, plain + ": is there an etcd with its gRPC gateway?"};
  }
  Fields fields(*parsed);
  std::string words = fields.text("message");
  if (words.empty()) words = fields.text("error");
  return refusal(words.empty() ? plain : words, fields.number("code"));
}

}  // namespace edge::etcd
