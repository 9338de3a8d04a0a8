// What every store that keeps copies of layers is told beside its source's fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "components/context.h"
#include "components/replica/manifest.h"

namespace edge::configuration {

struct LayeredOptions {
  std::string hub_group;  // "": no layer of a group
  std::string replica_file;
  Duration audit_interval{};
  Duration probation{};  // zero: none
  std::string signing_keys;
  std::string root_keys;

  // Made of these.
  replica::TrustRef trust;  // nullptr: nothing is signed
};

std::vector<components::FieldDoc> layered_fields();

// Whether a hub, a group or a device may be called so: 1 to 64 visible characters without '/'.
bool is_layer_name(std::string_view name);

// Errors: kInvalidArgument, naming the field.
Result<LayeredOptions> read_layered_options(const components::Context& context);

}  // namespace edge::configuration
