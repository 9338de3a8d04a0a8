// What stands in grpc-status-details-bin: google.rpc.Status and its details.
#pragma once

#include "edge/api/grpc/messages/invoke_messages.h"

namespace edge::api::rpc {

struct ErrorInfo {
  std::string reason;
  std::string domain;
  Map metadata;
  void fields(auto& f) {
    f(1, reason);
    f(2, domain);
    f(3, metadata);
  }
};

struct ResourceInfo {
  std::string type;
  std::string name;
  std::string owner;
  std::string description;
  void fields(auto& f) {
    f(1, type);
    f(2, name);
    f(3, owner);
    f(4, description);
  }
};

struct FieldViolation {
  std::string field;
  std::string description;
  void fields(auto& f) {
    f(1, field);
    f(2, description);
  }
};

struct BadRequest {
  std::vector<FieldViolation> violations;
  void fields(auto& f) { f(1, violations); }
};

struct HelpLink {
  std::string description;
  std::string url;
  void fields(auto& f) {
    f(1, description);
    f(2, url);
  }
};

struct Help {
  std::vector<HelpLink> links;
  void fields(auto& f) { f(1, links); }
};

struct RpcStatus {
  std::int32_t code = 0;
  std::string message;
  std::vector<Any> details;
  void fields(auto& f) {
    f(1, code);
    f(2, message);
    f(3, details);
  }
};

}  // namespace edge::api::rpc
