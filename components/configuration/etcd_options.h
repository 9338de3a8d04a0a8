// What configuration.etcd is told by its resource.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "components/context.h"
#include "edge/loop/socket.h"
#include "edge/net/tls/context.h"
#include "edge/net/tls/verify_key.h"

namespace edge::configuration {

struct EtcdOptions {
  std::string endpoints;
  std::string key_prefix;
  bool tls_enable = false;
  std::string ca;
  std::string certificate;
  std::string key;
  std::string username;
  std::string password;
  bool layers = false;
  std::string hub_id;
  std::string hub_group;  // "": no layer of a group
  std::string devices;    // how the IDs of devices begin
  bool has_devices = false;
  std::string replica_file;
  Duration audit_interval{};
  Duration probation{};  // zero: none
  std::string signing_keys;

  // Made of these.
  std::vector<Address> servers;
  std::shared_ptr<const tls::ClientContext> tls;                   // nullptr: plain TCP
  std::shared_ptr<const std::vector<tls::VerifyKey>> verify_keys;  // nullptr: nothing is signed
};

std::span<const components::Field<EtcdOptions>> etcd_fields();

// Whether a hub, a group or a device may be called so: 1 to 64 visible characters without '/'.
bool is_layer_name(std::string_view name);

// Errors: kInvalidArgument, naming the field.
Result<EtcdOptions> read_etcd_options(const components::Context& context);

}  // namespace edge::configuration
