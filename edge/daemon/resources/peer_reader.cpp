#include "edge/base/strings.h"
#include "edge/daemon/resources/readers.h"
#include "edge/daemon/resources/value_reader.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kInternalScheme = "grpc://";

bool names_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto port = parse_unsigned(host.substr(colon + 1));
  return port && *port > 0 && *port <= UINT16_MAX;
}

void read_url(Fields& spec, std::string& target) {
  if (!spec.require("url", target, "write where the other hub's API is")) return;
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://"), kInternalScheme}) {
    if (!starts_with_ignoring_case(target, scheme)) continue;
    const std::string_view host = std::string_view(target).substr(scheme.size());
    if (host.empty() || host.find_first_of("/?#@ ") != std::string_view::npos) break;
    if (scheme != kInternalScheme || names_port(host)) return;
  }
  spec.problem("url",
               "expected http:// or https:// and a host, or grpc:// with host and port, without a "
               "path, got " +
                   in_quotes(target) + "; write it as http://10.0.0.2:3500");
}

// The internal port shows and asks for no identity.
void refuse_identity(Fields& spec, const Peer& peer) {
  if (!peer.is_internal()) return;
  constexpr std::string_view kWhy =
      "cannot be used with grpc://; remove it, or call it by https://";
  if (peer.token) spec.problem("token", std::string(kWhy));
  if (peer.root_ca) spec.problem("rootCA", std::string(kWhy));
}

void read_peer_app(Fields& item, Peer& peer) {
  PeerApp app;
  app.source = item.source();
  app.field = item.path("app");
  if (item.require("app", app.id, "name an app of the other hub")) {
    const auto fits = check_app_id(app.id);
    if (!fits) item.problem("app", fits.error().message);
  }
  read_lane_id(item, "lane", app.lane);
  item.refuse_unknown();
  peer.apps.push_back(std::move(app));
}

}  // namespace

bool Peer::is_internal() const {
  return starts_with_ignoring_case(url, kInternalScheme);
}

Peer read_peer(Document& document) {
  Peer peer;
  peer.name = required_name(document);
  peer.source = document.source();
  if (!document.name_space.empty()) peer.name_space = document.name_space;
  Fields spec = document.root.map("spec", Need::kRequired);
  read_url(spec, peer.url);
  peer.token = read_own_value(spec, "token");
  peer.root_ca = read_own_value(spec, "rootCA");
  refuse_identity(spec, peer);
  spec.each("apps", [&peer](Fields& item) { read_peer_app(item, peer); });
  if (peer.apps.empty()) {
    spec.problem("apps", "missing; list the apps that are called at the other hub");
  }
  spec.refuse_unknown();
  peer.secret_store = read_own_secret_store(document, {&peer.token, &peer.root_ca});
  document.root.refuse_unknown();
  return peer;
}

}  // namespace edge::daemon
