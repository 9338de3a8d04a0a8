// Changing secrets through the hub, and reading them for who administers it: scopes do not apply.
#include "edge/api/http/handlers.h"
#include "edge/api/http/secret_body.h"
#include "edge/net/tls/secret_bytes.h"

namespace edge::api {
namespace {

using blocks::ApiError;
using blocks::ApiResult;
using blocks::SecretLease;

// A store whose secrets can be changed.
struct Editable {
  SecretLease lease;
  secrets::EditableStore* store;
};

ApiResult<SecretLease> store_of(const Request& request) {
  const std::string& name = request.parameters[0];
  SecretLease store = request.services.secrets.find(name);
  if (store) return store;
  std::string known;
  for (const std::string& one : request.services.secrets.names()) {
    known += (known.empty() ? "" : ", ") + one;
  }
  return std::unexpected(ApiError{.http = 404,
                                  .grpc = Code::kNotFound,
                                  .tag = "ERR_SECRET_STORE_NOT_FOUND",
                                  .message = "no secret store has the name \"" + name +
                                             "\"; there are: " + (known.empty() ? "none" : known)});
}

ApiResult<Editable> editable(const Request& request) {
  auto store = store_of(request);
  if (!store) return std::unexpected(std::move(store.error()));
  auto* changed = dynamic_cast<secrets::EditableStore*>((*store)->store.get());
  if (changed != nullptr) return Editable{std::move(*store), changed};
  return std::unexpected(
      ApiError{.http = 501,
               .grpc = Code::kUnimplemented,
               .tag = "ERR_SECRET_STORE_NOT_SUPPORTED",
               .message = "the secrets of \"" + (*store)->name +
                          "\" are not kept by the hub: change them where that store has them"});
}

ApiError refused(std::string_view tag, const Error& error) {
  return {.http = http_status(error.code),
          .grpc = error.code,
          .tag = std::string(tag),
          .message = error.message};
}

}  // namespace

Task<void> put_secret(Ctx ctx, Request* request) {
  auto to = editable(*request);
  if (!to) {
    co_await answer_error(ctx, request, std::move(to.error()));
    co_return;
  }
  auto body = co_await read_body(ctx, request, "ERR_BODY_READ", "failed to read request body: ");
  if (!body) {
    co_await answer_error(ctx, request, std::move(body.error()));
    co_return;
  }
  const std::string& name = request->parameters[1];
  auto secret = parse_secret(*body, name);
  if (!secret) {
    co_await answer_error(ctx, request, std::move(secret.error()));
    co_return;
  }
  auto info = co_await to->store->set(ctx, name, std::move(*secret));
  if (!info) {
    co_await answer_error(ctx, request, refused("ERR_SECRET_SET", info.error()));
    co_return;
  }
  co_await answer_json(ctx, request, 200, info_json(*info));
}

Task<void> delete_secret(Ctx ctx, Request* request) {
  auto from = editable(*request);
  if (!from) {
    co_await answer_error(ctx, request, std::move(from.error()));
    co_return;
  }
  auto removed = co_await from->store->remove(ctx, request->parameters[1]);
  if (!removed) {
    co_await answer_error(ctx, request, refused("ERR_SECRET_DELETE", removed.error()));
    co_return;
  }
  co_await answer_empty(ctx, request, 204);
}

Task<void> read_secret(Ctx ctx, Request* request) {
  auto store = store_of(*request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  const std::string& name = request->parameters[1];
  auto secret = co_await (*store)->store->get(ctx, name);
  if (!secret) {
    co_await answer_error(ctx, request, refused("ERR_SECRET_GET", secret.error()));
    co_return;
  }
  co_await answer_secret(ctx, request, named_secret_json(name, *secret));
}

Task<void> list_secrets(Ctx ctx, Request* request) {
  auto store = editable(*request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  auto list = co_await store->store->list(ctx);
  if (!list) {
    co_await answer_error(ctx, request, refused("ERR_SECRET_LIST", list.error()));
    co_return;
  }
  co_await answer_json(ctx, request, 200, list_json(*list));
}

Task<void> rotate_secrets_key(Ctx ctx, Request* request) {
  auto store = editable(*request);
  if (!store) {
    co_await answer_error(ctx, request, std::move(store.error()));
    co_return;
  }
  auto changed = co_await store->store->rotate_key(ctx);
  if (!changed) {
    co_await answer_error(ctx, request, refused("ERR_SECRET_ROTATE_KEY", changed.error()));
    co_return;
  }
  co_await answer_json(ctx, request, 200, key_change_json(*changed));
}

}  // namespace edge::api
