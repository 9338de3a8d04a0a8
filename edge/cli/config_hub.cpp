#include "edge/cli/config_hub.h"

#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/cli/hub_status.h"

namespace edge::cli {
namespace {

constexpr auto kStore = std::to_array<OptionRow>({
    {"store", "NAME", "", "The configuration store; needed where the hub has several", 's'},
});

constexpr auto kNote = std::to_array<OptionRow>({
    {"note", "TEXT", "", "What the history says about it", 'n'},
});

// For a path's segment or a query's value.
std::string encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

Result<std::string> only_store(const HubAddress& hub, Duration timeout) {
  const auto status = fetch_status(hub, timeout);
  if (!status) return status.error();
  std::vector<std::string> names;
  for (const HubComponent& component : status->components) {
    if (component.type.starts_with("configuration.")) names.push_back(component.name);
  }
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    return Error{Code::kNotFound, "the hub at " + hub.address.text() +
                                      " has no configuration store; add a component of type "
                                      "configuration.sqlite to its resources"};
  }
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return Error{Code::kInvalidArgument,
               "the hub has several configuration stores; name one with --store: " + list};
}

}  // namespace

std::span<const OptionRow> config_store_options() {
  return kStore;
}

std::span<const OptionRow> config_note_options() {
  return kNote;
}

Result<ConfigHub> ConfigHub::find(const Arguments& arguments) {
  const auto timeout = timeout_of(arguments);
  if (!timeout) return timeout.error();
  auto hub = find_admin_hub(arguments);
  if (!hub) return hub.error();
  ConfigHub found;
  found.hub_ = std::move(*hub);
  found.timeout_ = *timeout;
  found.timeout_is_given_ = arguments.has("timeout");
  found.store_ = arguments.get("store");
  if (!found.store_.empty()) return found;
  auto only = only_store(found.hub_, *timeout);
  if (!only) return only.error();
  found.store_ = std::move(*only);
  return found;
}

HubRequest ConfigHub::request(std::string_view rest) const {
  HubRequest request;
  request.target = "/v1.0-edgelane/configuration/" + encode(store_);
  request.target.append(rest);
  request.timeout = timeout_;
  return request;
}

Result<HubAnswer> ConfigHub::exchange(const HubRequest& request, const BodySink& sink) const {
  auto answer = send(hub_, request, sink);
  if (!answer) return answer.error();
  if (!answer->is_success()) return refusal(*answer);
  return answer;
}

Result<HubAnswer> ConfigHub::get(std::string_view rest) const {
  return exchange(request(rest), {});
}

Result<HubAnswer> ConfigHub::post(std::string_view rest, const nlohmann::json& body) const {
  HubRequest post = request(rest);
  post.verb = "POST";
  post.headers.emplace_back("content-type", "application/json");
  post.body = dump_json(body);
  return exchange(post, {});
}

Status ConfigHub::stream(std::string_view rest,
                         const std::function<void(std::string_view line)>& take) const {
  HubRequest wanted = request(rest);
  if (!timeout_is_given_) wanted.timeout = Duration::zero();
  std::string held;
  const auto split_lines = [&](std::string_view piece) {
    held.append(piece);
    std::size_t begin = 0;
    for (auto end = held.find('\n'); end != std::string::npos; end = held.find('\n', begin)) {
      take(std::string_view(held).substr(begin, end - begin));
      begin = end + 1;
    }
    held.erase(0, begin);
  };
  const auto answer = exchange(wanted, split_lines);
  return answer ? Status() : Status(answer.error());
}

std::string key_query(const std::vector<std::string>& keys) {
  std::string query;
  for (const std::string& key : keys) query += (query.empty() ? "?key=" : "&key=") + encode(key);
  return query;
}

}  // namespace edge::cli
