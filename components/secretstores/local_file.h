// secretstores.local.file: a JSON file, read once at the start. Source: wire reference §14.6.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "components/context.h"
#include "components/secretstores/secretstores.h"

namespace edge::secrets {

struct LocalFileOptions {
  std::string file;
  std::string separator;
  bool multi_valued = false;
};

std::span<const components::Field<LocalFileOptions>> local_file_fields();

// What a file's JSON says: nested names joined by the separator, one value each; or, where multi
// valued, one secret for each top-level name. Errors: kInvalidArgument where it is no object.
Result<Secrets> secrets_of(const nlohmann::json& document, const LocalFileOptions& options);

class LocalFileStore final : public Store {
 public:
  explicit LocalFileStore(components::Context context);

  [[nodiscard]] std::vector<Feature> features() const override;
  Task<Status> init(Ctx ctx) override;
  Task<Result<Secret>> get(Ctx ctx, std::string name) override;
  Task<Result<Secrets>> get_all(Ctx ctx) override;
  Task<void> close() override;

 private:
  components::Metadata metadata_;
  bool multi_valued_ = false;
  Secrets secrets_;
};

}  // namespace edge::secrets
