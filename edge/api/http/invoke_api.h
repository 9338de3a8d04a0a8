// Invoke over HTTP: by path, by header, by basic authentication. Source: wire reference §1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/api/http/request.h"

namespace edge::api {

// Whom a request calls, and what there.
struct Addressed {
  std::string app_id;
  std::string_view method;  // still escaped, without leading slash
};

// Nothing where the request addresses no app.
std::optional<Addressed> addressed_app(const HeaderList& headers, const Target& target);

// Calls and answers with what the callee answers.
Task<void> invoke(Ctx ctx, Request* request, Addressed addressed);

// What a request gets that fits no route and addresses no app.
Task<void> answer_not_addressed(Ctx ctx, Request* request);

}  // namespace edge::api
