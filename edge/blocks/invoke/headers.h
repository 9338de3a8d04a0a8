// Which headers travel with a call, and which stay. Source: wire reference §1.4.
#pragma once

#include <string_view>
#include <vector>

#include "edge/base/header_list.h"

namespace edge::blocks {

// Says that a call comes from another hub: it goes to an app of this one, or nowhere.
inline constexpr std::string_view kHopHeader = "x-edgelane-hop";

// Names that Connection headers list stay on their hop; most messages list none.
using ConnectionOptions = std::vector<std::string_view>;
ConnectionOptions connection_options(const HeaderList& headers);

// Whether a caller's header goes on to the callee. `connection` is connection_options().
// Left out: what belongs to one hop, to the framing, or to the hub itself (tokens, addressing,
// who calls whom), binary metadata, and empty values.
bool travels_with_request(const Header& header, const ConnectionOptions& connection) noexcept;

// Whether a callee's header goes back to the caller.
bool travels_with_reply(const Header& header, const ConnectionOptions& connection) noexcept;

}  // namespace edge::blocks
