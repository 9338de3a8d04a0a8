#include "edge/base/version.h"

namespace edge {

constinit const std::string_view kVersion = EDGE_VERSION;

}  // namespace edge
