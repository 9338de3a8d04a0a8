// Whose request it is: API tokens and the identity that they prove. Source: wire reference §17.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edge::policy {

// The tokens of a hub's apps. Comparison takes the same time whatever the token is.
class TokenTable {
 public:
  void add(std::string token, std::string app_id) {
    tokens_.emplace_back(std::move(token), std::move(app_id));
  }
  // The app whose token this is; "" where it is nobody's.
  [[nodiscard]] std::string_view owner(std::string_view token) const noexcept;
  [[nodiscard]] bool owns_one(std::string_view app_id) const noexcept;

 private:
  std::vector<std::pair<std::string, std::string>> tokens_;
};

}  // namespace edge::policy
