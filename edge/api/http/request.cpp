#include "edge/api/http/request.h"

#include "edge/api/http/error_body.h"
#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::api {

namespace {

constexpr std::uint64_t kUsualHistory = 20;
constexpr std::uint64_t kMostHistory = 1000;

}  // namespace

Query::Query(std::string_view query) {
  if (query.empty()) return;
  for (const auto pair : split(query, '&')) {
    const std::size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), PlusSign::kIsSpace);
    auto value = equals == std::string_view::npos
                     ? std::optional<std::string>("")
                     : percent_decode(pair.substr(equals + 1), PlusSign::kIsSpace);
    if (name && value) parameters_.emplace_back(std::move(*name), std::move(*value));
  }
}

std::string_view Query::get(std::string_view name) const noexcept {
  for (const auto& [known, value] : parameters_) {
    if (known == name) return value;
  }
  return {};
}

std::vector<std::string> Query::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [known, value] : parameters_) {
    if (known == name) found.push_back(value);
  }
  return found;
}

std::vector<std::pair<std::string, std::string>> Query::metadata() const {
  constexpr std::string_view kPrefix = "metadata.";
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [name, value] : parameters_) {
    if (!name.starts_with(kPrefix)) continue;
    const std::string key = name.substr(kPrefix.size());
    const auto same = [&key](const auto& entry) { return entry.first == key; };
    if (std::find_if(found.begin(), found.end(), same) == found.end()) {
      found.emplace_back(key, value);
    }
  }
  return found;
}

Task<void> answer(Ctx ctx, Request* request, http1::Response response, std::string_view body) {
  request->answered = response.status;
  response.headers.append(request->extra_headers);
  auto sent = co_await request->exchange.reply(ctx, std::move(response), body);
  if (!sent) log::debug("edge.api", "the client is gone", {{"error", sent.error().message}});
}

Task<void> answer_empty(Ctx ctx, Request* request, int status) {
  http1::Response response;
  response.status = status;
  co_await answer(ctx, request, std::move(response), "");
}

Task<void> answer_json(Ctx ctx, Request* request, int status, std::string body) {
  http1::Response response;
  response.status = status;
  response.headers = "Content-Type: application/json\r\n";
  co_await answer(ctx, request, std::move(response), body);
}

Task<void> answer_text(Ctx ctx, Request* request, int status, std::string body) {
  http1::Response response;
  response.status = status;
  response.headers = "Content-Type: text/plain; charset=utf-8\r\n";
  co_await answer(ctx, request, std::move(response), body);
}

Task<void> answer_error(Ctx ctx, Request* request, blocks::ApiError error) {
  co_await answer_json(ctx, request, error.http, error_body(error));
}

blocks::ApiResult<std::size_t> history_limit(const Request& request) {
  const Query query(request.target.query);
  const std::string_view given = query.get("limit");
  if (given.empty()) return kUsualHistory;
  const auto limit = parse_unsigned(given);
  if (limit && *limit > 0 && *limit <= kMostHistory) return *limit;
  return std::unexpected(blocks::malformed_request("limit is a number from 1 to 1000, not \"" +
                                                   std::string(given) + "\""));
}

Task<blocks::ApiResult<std::string>> read_body(Ctx ctx, Request* request, std::string_view tag,
                                               std::string_view prefix) {
  const std::uint64_t limit = request->services.body_limit();
  auto body = co_await read_all(ctx, &request->exchange.body(), limit);
  if (body) co_return std::move(*body);
  blocks::ApiError error{.http = 400, .grpc = Code::kInvalidArgument, .tag = std::string(tag)};
  if (body.error().code == Code::kResourceExhausted) error.http = 413;
  error.message = std::string(prefix) + body.error().message;
  co_return std::unexpected(std::move(error));
}

}  // namespace edge::api
