// Signature version 4: by what AWS knows who calls, and that nobody has changed the call.
//
// Pure text. Of the calls only those of JSON services: a POST of "/". Source: AWS, "Create a signed
// AWS API request"; sync reference §6.1.
#pragma once

#include <string>
#include <string_view>

#include "edge/base/time.h"

namespace edge::aws {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // "" where the keys are lasting ones
};

struct Call {
  std::string host;  // as in the Host header
  std::string region;
  std::string service;  // "secretsmanager"
  std::string target;   // "secretsmanager.GetSecretValue"
  std::string body;
};

// "20260101T000000Z".
std::string amz_date(WallTime time);

// What is signed of the call; of it the hash goes into the signature.
std::string canonical_request(const Call& call, const Credentials& credentials,
                              std::string_view date);
// 64 hexadecimal digits.
std::string signature(const Call& call, const Credentials& credentials, std::string_view date);

// Request line and header lines, with the signature; no framing.
std::string signed_head(const Call& call, const Credentials& credentials, WallTime time);

}  // namespace edge::aws
