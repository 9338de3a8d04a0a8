// The target of a request: its path as the API routes it, and its query as it was written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edge::api {

struct Target {
  std::string_view raw_path;  // as written, still escaped
  std::string_view query;     // without '?'
  std::string cleaned;        // of a path that is not clean as it is written; "" of any other

  // No "//", ".", "..", no slash at the end; still escaped.
  [[nodiscard]] std::string_view path() const noexcept {
    return cleaned.empty() ? raw_path : std::string_view(cleaned);
  }
};

// Takes apart origin-form and absolute-form. Views point into `target`.
// Source: RFC 9112 §3.2; wire reference §0.1.
Target parse_target(std::string_view target);

// The segments of a path between slashes.
std::vector<std::string_view> segments(std::string_view path);

}  // namespace edge::api
