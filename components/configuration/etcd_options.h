// What configuration.etcd is told by its resource.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "components/configuration/layered_options.h"
#include "edge/loop/socket.h"
#include "edge/net/tls/context.h"

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
  std::string devices;  // how the IDs of devices begin
  bool has_devices = false;

  // Made of these.
  LayeredOptions layered;
  std::vector<Address> servers;
  std::shared_ptr<const tls::ClientContext> tls;  // nullptr: plain TCP
};

std::span<const components::Field<EtcdOptions>> etcd_fields();

// Errors: kInvalidArgument, naming the field.
Result<EtcdOptions> read_etcd_options(const components::Context& context);

}  // namespace edge::configuration
