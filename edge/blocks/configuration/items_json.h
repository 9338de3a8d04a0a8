// Configuration items as JSON, which answers and the calls to apps have in common.
#pragma once

#include <string>
#include <string_view>

#include "components/configuration/configuration.h"

namespace edge::blocks {

// {"key":{"value":"..","version":"..","metadata":{..}}}; what is empty is left out.
// Source: wire reference §6.
std::string items_json(const configuration::Items& items);

// A text in quotes, escaped.
void append_json_text(std::string& out, std::string_view text);

}  // namespace edge::blocks
