// The JSON of the hub's own administration of configuration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "components/configuration/configuration.h"
#include "edge/base/result.h"

namespace edge::api {

struct RevisionWish {
  std::vector<configuration::Change> changes;
  std::string note;
};

// {"items":{"key":"value","gone":null},"note":"why"}. Errors: kInvalidArgument, naming the member.
Result<RevisionWish> parse_revision(std::string_view body);

// {"revision":7}. Errors: kInvalidArgument.
Result<std::uint64_t> parse_rollback(std::string_view body);

// {"revisions":[{"revision":7,"time":"...","note":"...","changes":{"key":{"before":"1","after":
// "2"}}}]}: without "before" the key was not there, without "after" it was deleted.
std::string history_body(const std::vector<configuration::PastRevision>& past);

// {"revision":8,"changed":2}
std::string written_body(const configuration::Written& written);

}  // namespace edge::api
