// The handlers that methods.cpp names, by building block.
#pragma once

#include "edge/api/grpc/rpc.h"

namespace edge::api {

// state_calls.cpp
Task<RpcAnswer> rpc_get_state(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_get_bulk_state(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_save_state(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_delete_state(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_delete_bulk_state(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_transact_state(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_query_state(Ctx ctx, Rpc* rpc);

// publish_calls.cpp
Task<RpcAnswer> rpc_publish(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_bulk_publish(Ctx ctx, Rpc* rpc);

// subscribe_call.cpp
Task<RpcAnswer> rpc_subscribe_topic(Ctx ctx, Rpc* rpc);

// configuration_calls.cpp
Task<RpcAnswer> rpc_get_configuration(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_subscribe_configuration(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_unsubscribe_configuration(Ctx ctx, Rpc* rpc);

// secret_calls.cpp
Task<RpcAnswer> rpc_get_secret(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_get_all_secrets(Ctx ctx, Rpc* rpc);

// invoke_call.cpp
Task<RpcAnswer> rpc_invoke(Ctx ctx, Rpc* rpc);

// metadata_calls.cpp
Task<RpcAnswer> rpc_get_metadata(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_set_metadata(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_shutdown(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_check_health(Ctx ctx, Rpc* rpc);
Task<RpcAnswer> rpc_watch_health(Ctx ctx, Rpc* rpc);

}  // namespace edge::api
