// The configuration store of a hub that a command works on.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "edge/cli/hub_client.h"

namespace edge::cli {

// --store.
std::span<const OptionRow> config_store_options();
// --note.
std::span<const OptionRow> config_note_options();

class ConfigHub {
 public:
  // The hub that the arguments name, and its store: --store, else the only one that it has.
  // Errors: those of find_admin_hub() and fetch_status(); kInvalidArgument, listing the stores.
  static Result<ConfigHub> find(const Arguments& arguments);

  // `rest` follows the store's own path: "", "/history?limit=3". Errors: of send() and refusal().
  Result<HubAnswer> get(std::string_view rest) const;
  Result<HubAnswer> post(std::string_view rest, const nlohmann::json& body) const;
  // Gives the answer's lines as they come, until it ends; in any time where no --timeout is given.
  Status stream(std::string_view rest,
                const std::function<void(std::string_view line)>& take) const;

 private:
  [[nodiscard]] HubRequest request(std::string_view rest) const;
  Result<HubAnswer> exchange(const HubRequest& request, const BodySink& sink) const;

  HubAddress hub_;
  std::string store_;
  Duration timeout_{};
  bool timeout_is_given_ = false;
};

// "?key=a&key=b"; "" for no key.
std::string key_query(const std::vector<std::string>& keys);

}  // namespace edge::cli
