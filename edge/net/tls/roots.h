// The certificate authorities that the system trusts, read once for the process.
#pragma once

#include <memory>
#include <string>

#include "edge/base/result.h"
#include "edge/net/tls/credentials.h"

namespace edge::tls {

// The bundle at `path`; read again when the file has changed. Blocks; only handshake steps, which
// run one at a time, may use what it gives. Errors: kUnavailable, naming the file.
Result<std::shared_ptr<Certificates>> load_roots(const std::string& path);

}  // namespace edge::tls
