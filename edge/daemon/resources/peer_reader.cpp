#include "edge/base/strings.h"
#include "edge/daemon/resources/readers.h"
#include "edge/daemon/resources/value_reader.h"

namespace edge::daemon {
namespace {

void read_url(Fields& spec, std::string& target) {
  if (!spec.require("url", target, "write where the other hub's API is")) return;
  const bool http = starts_with_ignoring_case(target, "http://");
  const bool https = starts_with_ignoring_case(target, "https://");
  const std::string_view rest = std::string_view(target).substr(http ? 7 : https ? 8 : 0);
  if ((http || https) && !rest.empty() && rest.find_first_of("/?#@ ") == std::string_view::npos) {
    return;
  }
  spec.problem("url", "expected http:// or https:// and a host, without a path, got " +
                          in_quotes(target) + "; write it as http://10.0.0.2:3500");
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

Peer read_peer(Document& document) {
  Peer peer;
  peer.name = required_name(document);
  peer.source = document.source();
  if (!document.name_space.empty()) peer.name_space = document.name_space;
  Fields spec = document.root.map("spec", Need::kRequired);
  read_url(spec, peer.url);
  peer.token = read_own_value(spec, "token");
  peer.root_ca = read_own_value(spec, "rootCA");
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
