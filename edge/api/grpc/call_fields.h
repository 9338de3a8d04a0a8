// What of a call's headers an app that speaks gRPC gets as metadata. Source: wire reference §1.4,
// §1.7, §1.10.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/blocks/invoke/channel.h"

namespace edge::api {

using FieldList = std::vector<std::pair<std::string, std::string>>;

// What an app is told beside what its caller says. Outlives the calls.
struct AppFields {
  std::string app_token;  // sent to this app as dapr-api-token; "" none
  FieldList hub;          // for a callee that is told who calls through whom
};

// The fields that a call begins with. Lives as long as the call, whose views it holds.
class CallFields {
 public:
  CallFields(const blocks::Call& call, const AppFields& app);
  CallFields(const CallFields&) = delete;
  CallFields& operator=(const CallFields&) = delete;

  [[nodiscard]] const HeaderList& list() const noexcept { return list_; }

 private:
  void add_from_http(const blocks::Call& call);
  void add_from_rpc(const blocks::Call& call);
  void add_own(const blocks::Call& call, const AppFields& app);
  // Of a name that is made here.
  void add(std::string name, std::string_view value);

  std::deque<std::string> names_;
  HeaderList list_;
};

// A permanent name of HTTP's, which travels as metadata with a prefix.
bool is_permanent_header(std::string_view name) noexcept;

// Whether metadata of an app's answer goes back to the caller.
bool travels_back(const Header& field) noexcept;

}  // namespace edge::api
