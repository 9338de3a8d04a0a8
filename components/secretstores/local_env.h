// secretstores.local.env: the hub's own environment variables. Source: wire reference §14.6.
#pragma once

#include "components/context.h"
#include "components/secretstores/secretstores.h"

namespace edge::secrets {

struct LocalEnvOptions {
  std::string prefix;  // before each name; hidden from whoever asks
};

std::span<const components::Field<LocalEnvOptions>> local_env_fields();

// DAPR_* and APP_API_TOKEN are hidden. A variable that is not set is an empty secret, no error.
class LocalEnvStore final : public Store {
 public:
  explicit LocalEnvStore(components::Context context);

  Task<Status> init(Ctx ctx) override;
  Task<Result<Secret>> get(Ctx ctx, std::string name) override;
  Task<Result<Secrets>> get_all(Ctx ctx) override;
  Task<void> close() override;

 private:
  components::Metadata metadata_;
  LocalEnvOptions options_;
};

}  // namespace edge::secrets
