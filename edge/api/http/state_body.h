// The JSON bodies of the state API. Source: wire reference §2.3, §2.5, §2.6.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "components/state/state.h"
#include "edge/blocks/api_error.h"

namespace edge::api {

// Stands before what is wrong with the body of a bulk get or a transaction.
inline constexpr std::string_view kDecodePrefix = "failed deserializing HTTP body: ";

// Names and values of the query's metadata: they win over those of the body.
using QueryMetadata = std::vector<std::pair<std::string, std::string>>;

// [{"key":...,"value":...}]. Errors: 400 ERR_MALFORMED_REQUEST; 500 ERR_STATE_SAVE, naming the
// store, for an unknown option.
blocks::ApiResult<std::vector<state::SetRequest>> parse_save(std::string_view store,
                                                             std::string_view body,
                                                             const QueryMetadata& query);

// {"keys":[...]}. Errors: 400 ERR_MALFORMED_REQUEST with kDecodePrefix.
blocks::ApiResult<std::vector<std::string>> parse_bulk_get(std::string_view body);

// {"operations":[...]}. Errors: 400 ERR_MALFORMED_REQUEST, ERR_NOT_SUPPORTED_STATE_OPERATION; 500
// ERR_STATE_TRANSACTION for an unknown option.
blocks::ApiResult<std::vector<state::Operation>> parse_transaction(std::string_view body,
                                                                   const QueryMetadata& query);

// "first-write", "last-write" or "". Errors: kFailedPrecondition, as a store words it.
Result<state::Concurrency> parse_concurrency(std::string_view text);
Status check_consistency(std::string_view text);

// The answer to a bulk get.
std::string bulk_get_body(const std::vector<state::Item>& items);

}  // namespace edge::api
