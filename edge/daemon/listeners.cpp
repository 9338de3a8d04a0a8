#include "edge/daemon/listeners.h"

#include <algorithm>
#include <array>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/daemon/host.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kScope = "dapr.runtime.http";
constexpr const char* kNoHttp2 = "DAPR_HTTP_DISABLE_H2C";
constexpr mode_t kAppSocketMode = 0660;
constexpr mode_t kAdminSocketMode = 0600;
constexpr mode_t kOtherWrite = 0002;
// Go's server lets a header block go this far over the configured size.
constexpr std::size_t kHeaderSlack = std::size_t{4} * 1024;

// What all gRPC calls hold of requests: some of the largest, and never less than this.
constexpr std::size_t kRequestBytes = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kLargestAtOnce = 4;

std::size_t message_limit(const api::Services& services) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(services.body_limit(), SIZE_MAX));
}

std::size_t request_budget(std::size_t limit) {
  if (limit > SIZE_MAX / kLargestAtOnce) return SIZE_MAX;
  return std::max(kRequestBytes, kLargestAtOnce * limit);
}

// What is said of a protocol's ports.
struct Words {
  std::string_view running;
  std::string_view remedy;
};
constexpr auto kWords = std::to_array<Words>({
    {"HTTP server is running on port ",
     "; choose another --dapr-http-port or --dapr-listen-addresses"},
    {"API gRPC server is running on port ",
     "; choose another --dapr-grpc-port or --dapr-listen-addresses"},
    {"Internal gRPC server is running on port ",
     "; choose another --dapr-internal-grpc-port or --dapr-internal-grpc-listen-address"},
});

// Who may use an app's socket, beside the kernel's check of the file's mode.
struct SocketUsers {
  uid_t owner;
  gid_t group;
  bool everybody;

  // "" lets the peer in.
  [[nodiscard]] std::string refuse(const Socket& socket) const {
    if (everybody) return "";
    const auto peer = socket.peer_credentials();
    if (!peer) return peer.error().message;
    if (peer->uid == 0 || peer->uid == owner || peer->uid == ::geteuid()) return "";
    if (peer->gid == group || is_member(peer->uid, group)) return "";
    return "user " + std::to_string(peer->uid) + " is neither the socket's owner nor in its group";
  }
};

Result<SocketUsers> set_owner(const std::string& path, const AppSocket& wanted) {
  SocketUsers users{::geteuid(), ::getegid(), false};
  if (!wanted.owner.empty()) {
    auto owner = find_user(wanted.owner);
    if (!owner) return owner.error().within("spec.socket.owner");
    users.owner = *owner;
  }
  if (!wanted.group.empty()) {
    auto group = find_group(wanted.group);
    if (!group) return group.error().within("spec.socket.group");
    users.group = *group;
  }
  const mode_t mode = wanted.mode.value_or(kAppSocketMode);
  users.everybody = (mode & kOtherWrite) != 0;
  const bool changes = !wanted.owner.empty() || !wanted.group.empty();
  if (changes && ::chown(path.c_str(), users.owner, users.group) != 0) {
    return Error{Code::kPermissionDenied,
                 "cannot give " + path + " to its owner: run the hub as root, or as that user"};
  }
  if (::chmod(path.c_str(), mode) != 0) {
    return Error{Code::kPermissionDenied, "cannot set the mode of " + path};
  }
  return users;
}

}  // namespace

Listeners::Listeners(UvLoop& loop, api::Services& services, const Options& options)
    : loop_(loop),
      services_(services),
      options_(options),
      rpc_budget_(request_budget(message_limit(services))),
      http2_on_http_ports_(!is_truthy(process_environment(kNoHttp2).value_or(""))) {
  limits_.header_bytes = options.read_buffer_size_bytes + kHeaderSlack;
  http2_limits_.header_bytes = limits_.header_bytes;
}

Status Listeners::open(const std::vector<App>& apps, api::StrangerRule strangers) {
  strangers_ = strangers;
  Status opened = options_.unix_domain_socket.empty() ? open_shared() : open_daprd_socket();
  if (!opened) return opened;
  if (options_.public_port) {
    if (auto status = open_public(); !status) return status;
  }
  if (options_.internal_grpc_port) {
    if (auto status = open_internal(); !status) return status;
  }
  if (options_.is_hub() && !options_.run_dir.empty()) {
    if (auto status = open_admin_socket(); !status) return status;
  }
  for (const App& app : apps) {
    if (options_.is_hub() && !options_.run_dir.empty()) {
      auto status = open_app_socket(app, "http.sock", Protocol::kHttp);
      if (status) status = open_app_socket(app, "grpc.sock", Protocol::kGrpc);
      if (!status) return status.error().within(app.instance());
    }
    Status opened_ports;
    if (app.api_port) opened_ports = open_app_port(app, *app.api_port, Protocol::kHttp);
    if (opened_ports && app.api_grpc_port) {
      opened_ports = open_app_port(app, *app.api_grpc_port, Protocol::kGrpc);
    }
    if (!opened_ports) return opened_ports.error().within(app.instance());
  }
  return {};
}

void Listeners::add(std::unique_ptr<Listener> listener, Door door) {
  if (door.protocol == Protocol::kHttp) {
    Opened& opened = opened_.emplace_back();
    opened.handler = std::make_unique<api::ApiHandler>(services_, std::move(door.identity));
    opened.server = std::make_unique<http1::Server>(loop_, std::move(listener), *opened.handler,
                                                    limits_, std::move(door.admission));
    if (http2_on_http_ports_) {
      opened.http2 = std::make_unique<h2c::H2c>(loop_, *opened.handler, http2_limits_);
      opened.server->also_speak(*opened.http2);
    }
    opened.server->start();
    return;
  }
  OpenedRpc& opened = opened_rpc_.emplace_back();
  const grpc::MessageLimits limits{message_limit(services_), &rpc_budget_};
  opened.api = rpc_handler(door);
  opened.calls = std::make_unique<grpc::CallServer>(loop_, *opened.api, limits);
  opened.server = std::make_unique<http2::Server>(loop_, std::move(listener), *opened.calls,
                                                  http2_limits_, std::move(door.admission));
  opened.server->start();
}

std::unique_ptr<grpc::CallHandler> Listeners::rpc_handler(Door& door) {
  if (door.protocol == Protocol::kGrpc) {
    return std::make_unique<api::RpcServer>(services_, std::move(door.identity));
  }
  api::PeerServer::Settings settings{options_.app_id, strangers_};
  return std::make_unique<api::PeerServer>(services_, std::move(settings));
}

Status Listeners::open_addresses(const std::vector<std::string>& addresses, std::uint16_t port,
                                 const Door& door) {
  const std::vector<std::string> everywhere = {""};
  const Words& words = kWords[static_cast<std::size_t>(door.protocol)];
  Error last;
  std::size_t open = 0;
  for (const std::string& address : addresses.empty() ? everywhere : addresses) {
    auto listener = Listener::tcp(loop_, address, port);
    if (!listener) {
      last = listener.error();
      log::error(kScope, "Failed to listen", {{"error", last.message}});
      continue;
    }
    const std::uint16_t given = (*listener)->port();
    log::info(kScope, std::string(words.running) + std::to_string(given));
    if (door.protocol == Protocol::kInternal) internal_port_ = given;
    add(std::move(*listener), door);
    ++open;
  }
  if (open > 0) return {};
  last.message += words.remedy;
  return last;
}

Status Listeners::open_shared() {
  api::ListenerIdentity identity;
  identity.app_id = options_.app_id;
  identity.tokens = api::TokenRule::kRequired;
  identity.admin = options_.is_hub() ? api::AdminRule::kNobody : api::AdminRule::kLocalPeers;
  Door door{identity};
  auto opened = open_addresses(options_.listen_addresses, options_.http_port, door);
  if (!opened) return opened;
  door.protocol = Protocol::kGrpc;
  opened = open_addresses(options_.listen_addresses, options_.grpc_port, door);
  if (opened || options_.grpc_port_given) return opened;
  // Who did not ask for the usual port does without.
  log::warn(kScope, "there is no gRPC API: " + opened.error().message);
  return {};
}

Status Listeners::open_internal() {
  Door door;
  door.protocol = Protocol::kInternal;
  return open_addresses({internal_host(options_)}, *options_.internal_grpc_port, door);
}

Status Listeners::open_daprd_socket() {
  const std::string start = options_.unix_domain_socket + "/dapr-" + options_.app_id;
  if (auto made = make_directories(options_.unix_domain_socket, 0755); !made) return made;
  Door door{
      {options_.app_id, api::TokenRule::kRequired, api::Reach::kWhole, api::AdminRule::kEverybody}};
  if (auto opened = open_socket(start + "-http.socket", door); !opened) return opened;
  door.protocol = Protocol::kGrpc;
  return open_socket(start + "-grpc.socket", door);
}

Status Listeners::open_socket(const std::string& path, Door door) {
  auto listener = Listener::unix(loop_, path);
  if (!listener) return listener.error();
  const std::string_view protocol = door.protocol == Protocol::kHttp ? "HTTP" : "API gRPC";
  log::info(kScope, std::string(protocol) + " server listening on UNIX socket: " + path);
  add(std::move(*listener), std::move(door));
  return {};
}

Status Listeners::open_public() {
  std::vector<std::string> addresses;
  if (!options_.public_listen_address.empty()) addresses.push_back(options_.public_listen_address);
  return open_addresses(addresses, *options_.public_port,
                        {{options_.app_id, api::TokenRule::kNone, api::Reach::kPublic}});
}

// For the hub's own user and root alone.
Status Listeners::open_admin_socket() {
  const std::string path = options_.run_dir + "/admin.sock";
  auto listener = Listener::unix(loop_, path);
  if (!listener) return listener.error();
  AppSocket only_owner;
  only_owner.mode = kAdminSocketMode;
  auto users = set_owner(path, only_owner);
  if (!users) return users.error();
  add(std::move(*listener),
      {.identity = {"", api::TokenRule::kNone, api::Reach::kWhole, api::AdminRule::kEverybody},
       .admission = [allowed = *users](const Socket& socket) { return allowed.refuse(socket); }});
  return {};
}

Status Listeners::open_app_socket(const App& app, const std::string& name, Protocol protocol) {
  const std::string directory = options_.run_dir + "/apps/" + app.instance();
  if (auto made = make_directories(directory, 0755); !made) return made;
  const std::string path = directory + "/" + name;
  auto listener = Listener::unix(loop_, path);
  if (!listener) return listener.error();
  auto users = set_owner(path, app.socket);
  if (!users) return users.error();
  const std::string_view served = protocol == Protocol::kHttp ? "HTTP" : "API gRPC";
  log::info(kScope, std::string(served) + " server listening on UNIX socket: " + path,
            {{"app", app.instance()}});
  add(std::move(*listener),
      {.identity = {app.instance(), api::TokenRule::kNone, api::Reach::kWhole},
       .protocol = protocol,
       .admission = [allowed = *users](const Socket& socket) { return allowed.refuse(socket); }});
  return {};
}

Status Listeners::open_app_port(const App& app, std::uint16_t port, Protocol protocol) {
  return open_addresses(
      options_.listen_addresses, port,
      {{app.instance(), api::TokenRule::kRequired, api::Reach::kWhole}, protocol});
}

Task<void> Listeners::stop(Ctx ctx) {
  for (Opened& opened : opened_) opened.server->begin_stop();
  for (OpenedRpc& opened : opened_rpc_) opened.server->begin_stop();
  for (Opened& opened : opened_) co_await opened.server->stop(ctx);
  for (OpenedRpc& opened : opened_rpc_) co_await opened.server->stop(ctx);
  opened_.clear();
  opened_rpc_.clear();
}

// A port that asks nobody who it is: a hub opens it to other hosts only where it is told to.
std::string internal_host(const Options& options) {
  if (!options.internal_listen_address.empty()) return options.internal_listen_address;
  return options.is_hub() ? "127.0.0.1" : "";
}

}  // namespace edge::daemon
