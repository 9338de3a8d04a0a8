#include <array>
#include <utility>

#include "edge/api/grpc/messages/reflection_messages.h"
#include "edge/api/grpc/reflection.h"
#include "edge/net/grpc/gzip.h"

namespace edge::api {
namespace {

constexpr std::size_t kMostDescriptors = std::size_t{1} << 20;

constexpr auto kServices = std::to_array<std::string_view>(
    {kDaprService, kHealthService, kReflectionService, kAlphaReflectionService});

// Numbers of google.protobuf.FileDescriptorSet, of FileDescriptorProto, and of what that declares.
constexpr std::uint32_t kFile = 1;
constexpr std::uint32_t kName = 1;
constexpr std::uint32_t kPackage = 2;
constexpr std::uint32_t kMessage = 4;
constexpr std::uint32_t kEnum = 5;
constexpr std::uint32_t kService = 6;

std::string_view first(std::string_view message, std::uint32_t number) {
  protobuf::Fields fields(message);
  while (fields.next()) {
    if (fields.number() == number) return fields.bytes();
  }
  return {};
}

// Whether the file declares the symbol, or what the symbol is a part of.
bool declares(std::string_view file, std::string_view symbol) {
  const std::string_view package = first(file, kPackage);
  if (!symbol.starts_with(package)) return false;
  symbol.remove_prefix(package.size());
  if (!symbol.starts_with('.')) return false;
  symbol.remove_prefix(1);
  const std::string_view name = symbol.substr(0, symbol.find('.'));
  protobuf::Fields fields(file);
  while (fields.next()) {
    const auto number = fields.number();
    const bool declared = number == kMessage || number == kEnum || number == kService;
    if (declared && first(fields.bytes(), kName) == name) return true;
  }
  return false;
}

// The serialized file of which `wanted` says that it is the one; "" where there is none.
std::string find_file(auto wanted) {
  const auto all = grpc::gunzip(packed_descriptors(), kMostDescriptors);
  if (!all) return "";
  protobuf::Fields files(*all);
  while (files.next()) {
    if (files.number() == kFile && wanted(files.bytes())) return std::string(files.bytes());
  }
  return "";
}

rpc::ListServiceResponse all_services() {
  rpc::ListServiceResponse list;
  for (const std::string_view path : kServices) {
    list.services.push_back({std::string(path.substr(1, path.size() - 2))});
  }
  return list;
}

rpc::ReflectionError not_found(const std::string& what) {
  return {static_cast<std::int32_t>(Code::kNotFound), what + " is not known here"};
}

rpc::ReflectionResponse answer_to(rpc::ReflectionRequest request) {
  rpc::ReflectionResponse response;
  response.valid_host = request.host;
  std::string file;
  if (!request.list_services.empty()) {
    response.services = all_services();
  } else if (!request.file_name.empty()) {
    const std::string& name = request.file_name.back();
    file = find_file([&](std::string_view one) { return first(one, kName) == name; });
    if (file.empty()) response.error = not_found("the file \"" + name + "\"");
  } else if (!request.symbol.empty()) {
    const std::string& symbol = request.symbol.back();
    file = find_file([&](std::string_view one) { return declares(one, symbol); });
    if (file.empty()) response.error = not_found("the symbol \"" + symbol + "\"");
  } else {
    response.error = not_found("an extension, of which there are none,");
  }
  if (!file.empty()) response.file = rpc::FileDescriptorResponse{std::move(file)};
  response.original_request = std::move(request);
  return response;
}

}  // namespace

Task<RpcAnswer> rpc_reflect(Ctx ctx, Rpc* rpc) {
  while (true) {
    auto message = co_await rpc->call.read(ctx);
    if (!message) {
      co_return std::unexpected(blocks::ApiError{.grpc = message.error().code,
                                                 .message = std::move(message.error().message)});
    }
    if (!*message) co_return RpcAnswer("");
    rpc->received(**message);
    auto request = request_of<rpc::ReflectionRequest>(*rpc);
    if (!request) co_return std::unexpected(std::move(request.error()));
    const std::string answer = answer_of(answer_to(std::move(*request)));
    auto sent = co_await rpc->call.write(ctx, answer);
    if (!sent) {
      co_return std::unexpected(
          blocks::ApiError{.grpc = sent.error().code, .message = sent.error().message});
    }
  }
}

}  // namespace edge::api
