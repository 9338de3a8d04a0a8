// How many entries one message may have.
#pragma once

#include "edge/blocks/bulk_limit.h"
#include "edge/net/protobuf/wire.h"

namespace edge::api {

// They are fields of `number`, and counted before anything is made of them.
// Errors: kInvalidArgument, naming the limit.
inline blocks::ApiResult<void> check_entries(std::string_view message, std::uint32_t number) {
  std::size_t count = 0;
  protobuf::Fields fields(message);
  while (fields.next()) {
    if (fields.number() == number) ++count;
  }
  return blocks::check_entries(count, "entries");
}

}  // namespace edge::api
