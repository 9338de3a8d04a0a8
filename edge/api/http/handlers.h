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

// top_api.cpp
Task<void> get_top(Ctx ctx, Request* request);

// logs_api.cpp
Task<void> get_logs(Ctx ctx, Request* request);

// publish_api.cpp
Task<void> publish(Ctx ctx, Request* request);
Task<void> bulk_publish(Ctx ctx, Request* request);

// subscribe_admin_api.cpp
Task<void> stream_topic(Ctx ctx, Request* request);

// lock_api.cpp
Task<void> try_lock(Ctx ctx, Request* request);

// secrets_api.cpp
Task<void> get_secret(Ctx ctx, Request* request);
Task<void> get_all_secrets(Ctx ctx, Request* request);
// Sends JSON that holds secrets, and wipes it.
Task<void> answer_secret(Ctx ctx, Request* request, std::string body);

// secrets_admin_api.cpp
Task<void> put_secret(Ctx ctx, Request* request);
Task<void> delete_secret(Ctx ctx, Request* request);
Task<void> read_secret(Ctx ctx, Request* request);
Task<void> list_secrets(Ctx ctx, Request* request);
Task<void> rotate_secrets_key(Ctx ctx, Request* request);

// configuration_api.cpp
Task<void> get_configuration(Ctx ctx, Request* request);
Task<void> subscribe_configuration(Ctx ctx, Request* request);
Task<void> unsubscribe_configuration(Ctx ctx, Request* request);

// configuration_admin_api.cpp
Task<void> list_configuration(Ctx ctx, Request* request);
Task<void> write_configuration(Ctx ctx, Request* request);
Task<void> rollback_configuration(Ctx ctx, Request* request);
Task<void> get_configuration_history(Ctx ctx, Request* request);
Task<void> watch_configuration(Ctx ctx, Request* request);

// lane_admin_api.cpp
Task<void> get_lanes(Ctx ctx, Request* request);
Task<void> set_lane(Ctx ctx, Request* request);
Task<void> get_lane_history(Ctx ctx, Request* request);
Task<void> post_lane_tag(Ctx ctx, Request* request);

// sync_admin_api.cpp
Task<void> get_sync(Ctx ctx, Request* request);
Task<void> get_outbox(Ctx ctx, Request* request);

// state_api.cpp
Task<void> get_state(Ctx ctx, Request* request);
Task<void> delete_state(Ctx ctx, Request* request);
Task<void> save_state(Ctx ctx, Request* request);
Task<void> bulk_get_state(Ctx ctx, Request* request);
Task<void> transact_state(Ctx ctx, Request* request);
Task<void> query_state(Ctx ctx, Request* request);

}  // namespace edge::api
