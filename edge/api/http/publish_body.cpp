#include "edge/api/http/publish_body.h"

#include <set>

#include "edge/base/strings.h"
#include "edge/blocks/bulk_limit.h"
#include "edge/blocks/pubsub/envelope.h"
#include "edge/blocks/pubsub/json_scan.h"
#include "edge/blocks/pubsub/publish_errors.h"

namespace edge::api {
namespace {

using blocks::BulkPublishEntry;
using blocks::ContentKind;

Error invalid(std::string what) {
  return {Code::kInvalidArgument, std::move(what)};
}

// An entry as it was written.
struct WrittenEntry {
  std::string id;
  std::string content_type;
  std::string_view event;  // JSON
  std::optional<pubsub::Metadata> metadata;
};

Result<pubsub::Metadata> read_metadata(std::string_view json) {
  auto members = blocks::object_members(json);
  if (!members) return invalid("metadata of an entry is not an object");
  pubsub::Metadata metadata;
  for (const blocks::JsonMember& member : *members) {
    auto value = blocks::json_string(member.value);
    if (!value) return invalid("metadata " + member.name + " of an entry is not a string");
    metadata[member.name] = std::move(*value);
  }
  return metadata;
}

Result<WrittenEntry> read_entry(std::string_view json) {
  auto members = blocks::object_members(json);
  if (!members) return invalid("an entry is not an object");
  WrittenEntry entry;
  for (const blocks::JsonMember& member : *members) {
    const auto is = [&member](std::string_view name) {
      return equals_ignoring_case(member.name, name);
    };
    if (is("event")) {
      entry.event = member.value;
    } else if (is("metadata") && member.value != "null") {
      auto metadata = read_metadata(member.value);
      if (!metadata) return metadata.error();
      entry.metadata = std::move(*metadata);
    } else if (is("entryId") || is("contentType")) {
      auto text = blocks::json_string(member.value);
      if (!text && member.value != "null") return invalid(member.name + " is not a string");
      (is("entryId") ? entry.id : entry.content_type) = std::move(text).value_or("");
    }
  }
  return entry;
}

// Errors: the event does not fit its content type.
Result<std::string> read_event(const WrittenEntry& entry) {
  const auto text = blocks::json_string(entry.event);
  switch (blocks::content_kind(entry.content_type)) {
    case ContentKind::kJson:
    case ContentKind::kCloudEvent:
      return std::string(entry.event.empty() ? "null" : entry.event);
    case ContentKind::kText:
      if (text) return *text;
      return invalid("mismatch between contentType and event of entry " + entry.id +
                     ": a string is expected");
    case ContentKind::kBinary: {
      auto bytes = text ? base64_decode(*text) : std::nullopt;
      if (bytes) return std::move(*bytes);
      return invalid("mismatch between contentType and event of entry " + entry.id +
                     ": a base64 string is expected");
    }
    default:
      return invalid("contentType '" + entry.content_type + "' of entry " + entry.id +
                     " is not known");
  }
}

Result<std::vector<WrittenEntry>> read_entries(std::string_view body) {
  auto elements = blocks::array_elements(body);
  if (!elements) return elements.error();
  if (auto few = blocks::check_entries(elements->size(), "entries"); !few) {
    return invalid(few.error().message);
  }
  std::vector<WrittenEntry> entries;
  entries.reserve(elements->size());
  for (const std::string_view element : *elements) {
    auto entry = read_entry(element);
    if (!entry) return entry.error();
    entries.push_back(std::move(*entry));
  }
  return entries;
}

}  // namespace

blocks::ApiResult<std::vector<BulkPublishEntry>> parse_bulk_publish(
    std::string_view app, const blocks::BulkPublishRequest& request, std::string_view body) {
  const blocks::errors::TopicOf where{request.pubsub, request.topic};
  auto written = read_entries(body);
  if (!written) {
    return std::unexpected(blocks::errors::no_entries(app, where, written.error().message));
  }
  std::vector<BulkPublishEntry> entries;
  std::set<std::string_view> ids;
  for (WrittenEntry& entry : *written) {
    if (entry.id.empty() || !ids.insert(entry.id).second) {
      return std::unexpected(blocks::errors::entry_ids(app, where));
    }
    auto event = read_event(entry);
    if (!event) {
      return std::unexpected(blocks::errors::no_envelope(app, where, event.error().message));
    }
    pubsub::Metadata metadata;
    if (entry.metadata) {
      metadata = std::move(*entry.metadata);
      metadata.insert(request.metadata.begin(), request.metadata.end());
    }
    entries.push_back(
        {entry.id, std::move(*event), std::move(entry.content_type), std::move(metadata)});
  }
  return entries;
}

std::string failed_entries_body(const std::vector<blocks::FailedEntry>& failed) {
  std::string body = "{\"failedEntries\":[";
  for (const blocks::FailedEntry& entry : failed) {
    if (body.back() == '}') body.push_back(',');
    body.append("{\"entryId\":");
    blocks::append_json_string(body, entry.entry_id);
    body.append(",\"error\":");
    blocks::append_json_string(body, entry.error);
    body.push_back('}');
  }
  return body.append("],\"errorCode\":\"ERR_PUBSUB_PUBLISH_MESSAGE\"}");
}

}  // namespace edge::api
