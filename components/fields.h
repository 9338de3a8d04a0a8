// The fields of a component as a table: one reader fills a struct from it, one printer documents
// it.
//
//   struct Options { std::string path; Duration timeout{}; };
//   constexpr auto kFields = std::to_array<Field<Options>>({
//       {{.name = "path", .doc = "The file.", .need = Need::kRequired}, &Options::path},
//       {{.name = "timeout", .fallback = "20s", .doc = "..."}, &Options::timeout}});
//   Result<Options> options = read_fields<Options>(kFields, metadata);
//
// Names are matched ignoring case; unknown names are ignored; a blank value is an absent one.
// Source: wire reference §14.1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "edge/base/result.h"
#include "edge/base/time.h"

namespace edge::components {

// What a resource file says of a component; secrets are resolved already.
using Metadata = std::map<std::string, std::string, std::less<>>;

enum class Need : std::uint8_t { kOptional, kRequired };

// What a field is, apart from where its value goes.
struct FieldInfo {
  std::string_view name;
  std::string_view alias = {};     // an older name that is understood too
  std::string_view fallback = {};  // read where the field is absent
  std::string_view doc = {};
  Need need = Need::kOptional;
};

// A number of bytes: "4Mi", "512Ki", "4096".
struct Bytes {
  std::int64_t count = 0;
};

// The member's type decides how the text is read: std::string as it is; bool truthy; Duration in
// Go's syntax or integer seconds; std::int64_t decimal; Bytes as a quantity.
template <class Options>
struct Field {
  FieldInfo info;
  std::variant<std::string Options::*, bool Options::*, Duration Options::*,
               std::int64_t Options::*, Bytes Options::*>
      member;
};

// The text of a field; nothing where it is absent and has no fallback.
// Errors: kInvalidArgument where it is required.
Result<std::optional<std::string_view>> find_field(const FieldInfo& info, const Metadata& metadata);

// Errors: kInvalidArgument, naming the field and what is expected.
Status read_value(const FieldInfo& info, std::string_view text, std::string& value);
Status read_value(const FieldInfo& info, std::string_view text, bool& value);
Status read_value(const FieldInfo& info, std::string_view text, Duration& value);
Status read_value(const FieldInfo& info, std::string_view text, std::int64_t& value);
Status read_value(const FieldInfo& info, std::string_view text, Bytes& value);

template <class Options>
Result<Options> read_fields(std::span<const Field<Options>> fields, const Metadata& metadata) {
  Options options;
  for (const Field<Options>& field : fields) {
    auto text = find_field(field.info, metadata);
    if (!text) return std::move(text).error();
    if (!*text) continue;
    auto done = std::visit(
        [&](auto member) { return read_value(field.info, **text, options.*member); }, field.member);
    if (!done) return std::move(done).error();
  }
  return options;
}

// A line of the reference page.
struct FieldDoc {
  FieldInfo info;
  std::string_view type;
};

template <class Options>
std::vector<FieldDoc> describe(std::span<const Field<Options>> fields) {
  static constexpr std::string_view kTypes[] = {"text", "boolean", "duration", "number", "size"};
  std::vector<FieldDoc> docs;
  for (const Field<Options>& field : fields) {
    docs.push_back({field.info, kTypes[field.member.index()]});
  }
  return docs;
}

// kInvalidArgument: the field, and what is expected of it.
Error wrong_field(std::string_view field, const std::string& expected);

// The fields as a Markdown table.
std::string to_markdown(std::span<const FieldDoc> fields);

}  // namespace edge::components
