// Environment variables for the time of one test.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace edge::cli {

class Variable {
 public:
  // An empty value removes the variable.
  Variable(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_.value_or("")); }

 private:
  void set(const std::string& value) const {
    if (value.empty()) {
      ::unsetenv(name_.c_str());
    } else {
      ::setenv(name_.c_str(), value.c_str(), 1);
    }
  }

  std::string name_;
  std::optional<std::string> before_;
};

}  // namespace edge::cli
