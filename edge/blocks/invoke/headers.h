// Which headers travel with a call, and which stay. Source: wire reference §1.4.
#pragma once

#include <string_view>

#include "edge/base/header_list.h"

namespace edge::blocks {

// Names that the Connection header lists stay on their hop; most messages list none.
std::string_view connection_options(const HeaderList& headers) noexcept;

// Whether a caller's header goes on to the callee. `connection` is connection_options().
// Left out: what belongs to one hop, to the framing, or to the hub itself (tokens, addressing,
// who calls whom), binary metadata, and empty values.
bool travels_with_request(const Header& header, std::string_view connection) noexcept;

// Whether a callee's header goes back to the caller.
bool travels_with_reply(const Header& header, std::string_view connection) noexcept;

}  // namespace edge::blocks
