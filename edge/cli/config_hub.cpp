#include "edge/cli/config_hub.h"

#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/cli/hub_status.h"
#include "edge/cli/line_splitter.h"

namespace edge::cli {
namespace {

constexpr auto kStore = std::to_array<OptionRow>({
    {"store", "NAME", "", "The configuration store; needed where the hub has several", 's'},
});

constexpr auto kNote = std::to_array<OptionRow>({
    {"note", "TEXT", "", "What the history says about it", 'n'},
});

constexpr ComponentKind kStores = {.prefix = "configuration.",
                                   .one = "configuration store",
                                   .many = "configuration stores",
                                   .option = "--store",
                                   .example = "configuration.sqlite"};

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
  auto only = only_component(found.hub_, *timeout, kStores);
  if (!only) return only.error();
  found.store_ = std::move(*only);
  return found;
}

HubRequest ConfigHub::request(std::string_view rest) const {
  HubRequest request;
  request.target = "/v1.0-edgelane/configuration/" + url_escaped(store_);
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
  LineSplitter lines([&take](std::string_view line) {
    take(line);
    return Flow::kMore;
  });
  const auto answer =
      exchange(wanted, [&lines](std::string_view piece) { return lines.add(piece); });
  return answer ? Status() : Status(answer.error());
}

std::string key_query(const std::vector<std::string>& keys) {
  std::string query;
  for (const std::string& key : keys)
    query += (query.empty() ? "?key=" : "&key=") + url_escaped(key);
  return query;
}

}  // namespace edge::cli
