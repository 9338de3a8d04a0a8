// A request by HTTP/1.1 that asks for HTTP/2. Source: RFC 7540 §3.2.
#pragma once

#include <optional>
#include <string>

#include "edge/net/http1/head.h"
#include "edge/net/http2/session.h"

namespace edge::h2c {

// What HTTP2-Settings holds, where a request asks for h2c in the one way in which it may.
std::optional<std::string> settings_of(const http1::Head& request);

// The same request as HTTP/2 has it. Views point into the request, which outlives it, and into it.
class Upgraded {
 public:
  Upgraded(const http1::Head& request, std::string settings);
  Upgraded(const Upgraded&) = delete;
  Upgraded& operator=(const Upgraded&) = delete;

  [[nodiscard]] const http2::Upgrade& get() const noexcept { return upgrade_; }

 private:
  std::string names_;  // in lower case
  HeaderList fields_;
  http2::Upgrade upgrade_;
};

}  // namespace edge::h2c
