// The usual body of a save, read without a document of it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "components/state/state.h"

namespace edge::api {

// [{"key":"...","value":...}, ...] with plain texts as keys, nothing but these two members, and
// values written as dump_json() writes them: they are kept as they are. Nothing for any other text,
// which may be as good: parse_save() reads it, or says what is wrong with it.
std::optional<std::vector<state::SetRequest>> scan_save(std::string_view body);

}  // namespace edge::api
