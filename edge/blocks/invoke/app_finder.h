// AppFinder: finds apps that neither run here nor are named in a resource.
#pragma once

#include <string>

#include "edge/blocks/apps/app.h"

namespace edge::blocks {

class AppFinder {
 public:
  virtual ~AppFinder() = default;
  // The app lives as long as the finder; its namespace is "". Errors: kNotFound, with the text that
  // daprd shows; kResourceExhausted; kCancelled and kDeadlineExceeded.
  virtual Task<Result<App*>> find(Ctx ctx, std::string id) = 0;
};

}  // namespace edge::blocks
