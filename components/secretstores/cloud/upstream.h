// Upstream: a vendor's secret manager, as the sealed replica reads it.
//
// A new vendor is an implementation of this, with its fields as a table, and a row in
// components/all.cpp that gives it to a CloudStore. Keeping copies, leases, refreshing and
// forgetting are the CloudStore's. All on the loop.
#pragma once

#include <string>
#include <vector>

#include "components/secretstores/secretstores.h"

namespace edge::secrets {

// A secret as it is there now.
struct Fetched {
  Secret secret;
  std::string version;  // the vendor's name for it
};

class Upstream {
 public:
  virtual ~Upstream() = default;

  // Reads its fields; the network is not asked. Errors: kInvalidArgument, naming the field.
  virtual Status configure() = 0;
  // What of which vendor is read: copies that were made under another scope are no good. Legal
  // after configure(), as what follows.
  [[nodiscard]] virtual std::string scope() const = 0;
  [[nodiscard]] virtual bool multi_valued() const = 0;
  // Whether a request means the version that is in use: only of that one copies are kept.
  [[nodiscard]] virtual bool means_current(const RequestMetadata& metadata) const = 0;

  // Errors: kNotFound (there is none, or it was deleted: copies are to be forgotten);
  // kPermissionDenied, kUnauthenticated (our credentials are refused); kResourceExhausted (later);
  // kUnavailable (it cannot be reached); kFailedPrecondition (all else); kCancelled.
  virtual Task<Result<Fetched>> read(Ctx ctx, std::string name, RequestMetadata metadata) = 0;
  // The names of all secrets. Errors: the same.
  virtual Task<Result<std::vector<std::string>>> list(Ctx ctx) = 0;
};

}  // namespace edge::secrets
