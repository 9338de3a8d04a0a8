// One request to the HTTP API on its way through a handler, and the usual ways to answer it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/api/component_call.h"
#include "edge/api/http/target.h"
#include "edge/api/lane_entry.h"
#include "edge/api/services.h"
#include "edge/blocks/api_error.h"
#include "edge/net/http1/server.h"

namespace edge::api {

struct Request {
  Services& services;
  http1::ServerExchange& exchange;
  const Target& target;
  blocks::App* app = nullptr;           // who asks; null where it carries no identity
  std::vector<std::string> parameters;  // what the route's {braces} stood for
  std::string extra_headers;            // whole lines that every answer carries
  int answered = 0;                     // the status that was sent, for the log
  TimePoint began{};                    // when it was read
  LaneDecision lane{};

  [[nodiscard]] const HeaderList& headers() const { return exchange.request().headers; }
  [[nodiscard]] std::string_view verb() const { return exchange.request().method; }
  [[nodiscard]] CountedFor counted() const { return {services.loop, app}; }
};

// The query's parameters, decoded.
class Query {
 public:
  explicit Query(std::string_view query);
  // The first value of that name, or "".
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept;
  // Every value of that name, in order.
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  // Every "metadata.<name>=<value>" without its prefix.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> metadata() const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

Task<void> answer_empty(Ctx ctx, Request* request, int status);
Task<void> answer_json(Ctx ctx, Request* request, int status, std::string body);
Task<void> answer_text(Ctx ctx, Request* request, int status, std::string body);
Task<void> answer_error(Ctx ctx, Request* request, blocks::ApiError error);
// With a head of the handler's own.
Task<void> answer(Ctx ctx, Request* request, http1::Response response, std::string_view body);

// How much of a history the call asks for with ?limit=N. Errors: not a number from 1 to 1000.
blocks::ApiResult<std::size_t> history_limit(const Request& request);

// The whole body, within the limit of the API. Errors: 413 or 400, with `tag` and `prefix` before
// the reason.
Task<blocks::ApiResult<std::string>> read_body(Ctx ctx, Request* request, std::string_view tag,
                                               std::string_view prefix);

}  // namespace edge::api
