// Where the hub is that a command talks to.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "edge/cli/arguments.h"
#include "edge/loop/socket.h"

namespace edge::cli {

struct HubAddress {
  Address address;
  std::string token;       // of DAPR_API_TOKEN; "" none
  bool is_chosen = false;  // by an option or the environment, rather than by default
};

// --address, --socket and --timeout, for every command that talks to a hub.
std::span<const OptionRow> hub_options();

// By option, else by EDGELANE_HTTP or DAPR_HTTP_PORT, else 127.0.0.1:3500.
// Errors: kInvalidArgument, naming what is malformed.
Result<HubAddress> find_hub(const Arguments& arguments);

// The same, with the hub that "edgelane run" started for an app before the environment's.
Result<HubAddress> find_hub_of(const Arguments& arguments, std::string_view app_id);

// The same for commands that change the hub itself: EDGELANE_SOCKET, or the socket admin.sock of an
// installed hub where it runs, comes before the environment's port.
Result<HubAddress> find_admin_hub(const Arguments& arguments);

// The same, with the hub that "edgelane run" started for an app first; "" for no app.
Result<HubAddress> find_admin_hub_of(const Arguments& arguments, std::string_view app_id);

// "3500", "host:3500", "http://[::1]:3500/". Errors: kInvalidArgument.
Result<Address> parse_hub_address(std::string_view text);

// The value of --timeout; zero for none. Errors: kInvalidArgument.
Result<Duration> timeout_of(const Arguments& arguments);

}  // namespace edge::cli
