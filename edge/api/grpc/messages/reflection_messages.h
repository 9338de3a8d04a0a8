// The messages of grpc.reflection.v1 and v1alpha.
#pragma once

#include "edge/net/protobuf/message.h"

namespace edge::api::rpc {

// Texts of which one is there, whatever it holds, are lists.
struct ReflectionRequest {
  std::string host;
  std::vector<std::string> file_name;
  std::vector<std::string> symbol;
  std::vector<std::string> type;  // whose extensions are asked for
  std::vector<std::string> list_services;
  void fields(auto& f) {
    f(1, host);
    f(3, file_name);
    f(4, symbol);
    f(6, type);
    f(7, list_services);
  }
};

struct FileDescriptorResponse {
  std::string file;
  void fields(auto& f) { f.bytes(1, file); }
};

struct ServiceResponse {
  std::string name;
  void fields(auto& f) { f(1, name); }
};

struct ListServiceResponse {
  std::vector<ServiceResponse> services;
  void fields(auto& f) { f(1, services); }
};

struct ReflectionError {
  std::int32_t code = 0;
  std::string message;
  void fields(auto& f) {
    f(1, code);
    f(2, message);
  }
};

struct ReflectionResponse {
  std::string valid_host;
  ReflectionRequest original_request;
  std::optional<FileDescriptorResponse> file;
  std::optional<ListServiceResponse> services;
  std::optional<ReflectionError> error;
  void fields(auto& f) {
    f(1, valid_host);
    f(2, original_request);
    f(4, file);
    f(6, services);
    f(7, error);
  }
};

}  // namespace edge::api::rpc
