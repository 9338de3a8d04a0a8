// From words to a tree. Source: the CEL language definition, "Syntax".
#pragma once

#include <memory>
#include <string_view>

#include "edge/blocks/pubsub/cel/node.h"

namespace edge::blocks::cel {

// Errors: kInvalidArgument, with the column.
Result<std::unique_ptr<Node>> parse_expression(std::string_view text);

}  // namespace edge::blocks::cel
