// What secretstores.aws.secretmanager is told by its resource. Source: Dapr's component of that
// name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "components/context.h"
#include "edge/loop/socket.h"
#include "edge/net/tls/context.h"

namespace edge::secrets {

struct AwsOptions {
  std::string region;
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  std::string endpoint;
  std::string ca_cert;
  bool multi_valued = false;

  // Made of these.
  Address server;
  std::string host;                               // for the Host header
  std::shared_ptr<const tls::ClientContext> tls;  // nullptr: plain TCP
};

std::vector<components::FieldDoc> aws_fields();

// Errors: kInvalidArgument, naming the field.
Result<AwsOptions> read_aws_options(const components::Context& context);

}  // namespace edge::secrets
