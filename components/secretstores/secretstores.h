// The contract of a secret store: names to secrets, each of one or more named values.
//
// Methods run on the loop. What a store gives is never logged.
// Source: wire reference §5, §14.6; conformance §4.
#pragma once

#include <map>
#include <string>

#include "edge/base/result.h"
#include "edge/loop/ctx.h"
#include "edge/loop/task.h"

namespace edge::secrets {

// A secret of one value has it under the secret's own name.
using Secret = std::map<std::string, std::string, std::less<>>;
using Secrets = std::map<std::string, Secret, std::less<>>;

class Store {
 public:
  virtual ~Store() = default;
  // Errors: kInvalidArgument for a bad field, else what the system said.
  virtual Task<Status> init(Ctx ctx) = 0;
  // Errors: kNotFound, naming the secret.
  virtual Task<Result<Secret>> get(Ctx ctx, std::string name) = 0;
  virtual Task<Result<Secrets>> get_all(Ctx ctx) = 0;
  virtual Task<void> close() = 0;
};

}  // namespace edge::secrets
