// The body of a bulk publication. Source: wire reference §3.4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge/blocks/pubsub/pubsub_block.h"

namespace edge::api {

// Entries with the request's metadata merged in. Errors: no array; an entryId that is missing or
// there twice; an event that does not fit its content type.
blocks::ApiResult<std::vector<blocks::BulkPublishEntry>> parse_bulk_publish(
    std::string_view app, const blocks::BulkPublishRequest& request, std::string_view body);

// {"failedEntries":[...],"errorCode":...}
std::string failed_entries_body(const std::vector<blocks::FailedEntry>& failed);

}  // namespace edge::api
