// WipedJson: JSON that holds secrets; its texts are overwritten at the end of its life.
#pragma once

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "edge/net/tls/secret_bytes.h"

namespace edge::tls {

class WipedJson {
 public:
  explicit WipedJson(nlohmann::json value) : value_(std::move(value)) {}
  ~WipedJson() { wipe_texts(value_); }
  WipedJson(const WipedJson&) = delete;
  WipedJson& operator=(const WipedJson&) = delete;
  nlohmann::json& operator*() noexcept { return value_; }
  const nlohmann::json& operator*() const noexcept { return value_; }

 private:
  static void wipe_texts(nlohmann::json& value) {
    if (value.is_string()) wipe(value.get_ref<std::string&>());
    if (!value.is_structured()) return;
    for (nlohmann::json& member : value) wipe_texts(member);
  }

  nlohmann::json value_;
};

}  // namespace edge::tls
