// What the tests of resources share: reading a text as the file "a.yaml", and what was logged.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/log.h"
#include "edge/daemon/resources/resources.h"

namespace edge::daemon {

inline EnvLookup environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

inline Result<Resources> read_text(std::string_view text, const LoadRequest& request = {}) {
  return read_resources({{.name = "a.yaml", .text = std::string(text)}}, request);
}

// "" where the text is read without a fault.
inline std::string fault_of(std::string_view text, const LoadRequest& request = {}) {
  const auto resources = read_text(text, request);
  return resources ? "" : resources.error().message;
}

// Holds what is logged in its lifetime.
class LogCapture {
 public:
  LogCapture() {
    log::capture([this](std::string_view line) { text_ += std::string(line) + "\n"; });
  }
  ~LogCapture() { log::capture(nullptr); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] int lines_with(std::string_view part) const {
    int count = 0;
    for (auto at = text_.find(part); at != std::string::npos; at = text_.find(part, at + 1))
      ++count;
    return count;
  }

 private:
  std::string text_;
};

}  // namespace edge::daemon
