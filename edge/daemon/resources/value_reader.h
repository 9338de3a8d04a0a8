// Reading `{value | secretKeyRef | envRef}`.
#pragma once

#include <cstdint>

#include "edge/daemon/resources/fields.h"
#include "edge/daemon/resources/value.h"

namespace edge::daemon {

// Dapr takes what it finds: a secret before a text before a variable, and numbers, lists and maps
// as their JSON text. Our own kinds take exactly one, and a text as it is written.
enum class Origin : std::uint8_t { kDapr, kOurs };

Value read_value(Fields& fields, Origin origin);

}  // namespace edge::daemon
