// Which APIs of the hub apps may use. Source: wire reference §15.1, spec.api.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edge::policy {

struct ApiRule {
  std::string name;      // "state"
  std::string version;   // "v1", "v1alpha1"; daprd's older form "v1.0" too
  std::string protocol;  // "http" or "grpc"
};

// A list of what is allowed, if there is one for the protocol, allows nothing else; what is denied
// is taken away from it.
class ApiAccess {
 public:
  void allow(ApiRule rule) { allowed_.push_back(std::move(rule)); }
  void deny(ApiRule rule) { denied_.push_back(std::move(rule)); }

  // `version` is the path's: "v1.0", "v1.0-alpha1".
  [[nodiscard]] bool permits(std::string_view protocol, std::string_view version,
                             std::string_view name) const {
    return (allowed_.empty() && denied_.empty()) || rules_permit(protocol, version, name);
  }

 private:
  [[nodiscard]] bool rules_permit(std::string_view protocol, std::string_view version,
                                  std::string_view name) const;

  std::vector<ApiRule> allowed_;
  std::vector<ApiRule> denied_;
};

}  // namespace edge::policy
