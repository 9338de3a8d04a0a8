// Server reflection: the hub's own services, told to tools such as grpcurl.
// Source: grpc.reflection.v1 and v1alpha; wire reference §0.4, §1.10.
#pragma once

#include <string_view>

#include "edge/api/grpc/rpc.h"

namespace edge::api {

inline constexpr std::string_view kReflectionService = "/grpc.reflection.v1.ServerReflection/";
inline constexpr std::string_view kAlphaReflectionService =
    "/grpc.reflection.v1alpha.ServerReflection/";

// A google.protobuf.FileDescriptorSet of them, in gzip.
std::string_view packed_descriptors();

Task<RpcAnswer> rpc_reflect(Ctx ctx, Rpc* rpc);

}  // namespace edge::api
