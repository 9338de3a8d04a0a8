// The handlers that routes.cpp names, by building block. Source: wire reference §2, §11.
#pragma once

#include "edge/api/http/request.h"

namespace edge::api {

// health_api.cpp
Task<void> get_health(Ctx ctx, Request* request);
Task<void> get_outbound_health(Ctx ctx, Request* request);
Task<void> post_shutdown(Ctx ctx, Request* request);

// metadata_api.cpp
Task<void> get_metadata(Ctx ctx, Request* request);
Task<void> put_metadata(Ctx ctx, Request* request);

// status_api.cpp
Task<void> get_status(Ctx ctx, Request* request);

// state_api.cpp
Task<void> get_state(Ctx ctx, Request* request);
Task<void> delete_state(Ctx ctx, Request* request);
Task<void> save_state(Ctx ctx, Request* request);
Task<void> bulk_get_state(Ctx ctx, Request* request);
Task<void> transact_state(Ctx ctx, Request* request);
Task<void> query_state(Ctx ctx, Request* request);

}  // namespace edge::api
