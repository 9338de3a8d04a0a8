// What every store of secrets of a cloud is told beside its vendor's fields.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "components/context.h"
#include "components/secretstores/changes.h"
#include "components/secretstores/cloud/lease.h"
#include "components/secretstores/cloud/sealed_copies.h"

namespace edge::secrets {

struct CloudOptions {
  LeasePolicy policy;
  CopyFiles files;
  std::optional<ChangesTopic> changes;
};

std::vector<components::FieldDoc> cloud_fields();

// Errors: kInvalidArgument, naming the field.
Result<CloudOptions> read_cloud_options(const components::Context& context);

}  // namespace edge::secrets
