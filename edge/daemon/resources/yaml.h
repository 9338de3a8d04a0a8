// YAML as a plain tree that remembers lines: the only source that sees libyaml is behind this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "edge/daemon/resources/value.h"

namespace edge::daemon::yaml {

inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxNodes = 50'000;           // aliases count as what they stand for
inline constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;  // of text, aliases likewise

struct Key {
  std::string name;
  int line = 0;
};

struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  enum class Style : std::uint8_t { kPlain, kQuoted };

  Kind kind = Kind::kNull;
  Style style = Style::kPlain;
  int line = 0;               // of a scalar; of anything else in a map: its key's
  std::string text{};         // kScalar
  std::vector<Node> items{};  // kList; kMap: the values, in the keys' order
  std::vector<Key> keys{};    // kMap
};

// What a person calls the kind: "a list".
std::string_view kind_name(const Node& node) noexcept;

struct SyntaxError {
  int line = 0;
  std::string message;  // repeats nothing of the document, which may hold secrets
};

// One document; `first_line` is the number of its first line in the file.
std::expected<Node, SyntaxError> parse(std::string_view text, int first_line);

// JSON with the types that YAML 1.1 gives plain scalars, as daprd's reader does ("yes" is true).
std::string to_json_text(const Node& node);

// A string as it is, nothing for null, else the JSON text.
std::string to_plain_text(const Node& node);

// The documents of a file, without those that hold only comments.
struct Chunk {
  std::string_view text;
  int first_line = 1;
};
std::vector<Chunk> split_documents(std::string_view text);

// $VAR and ${VAR} replaced in the way of Go's os.ExpandEnv; unset variables are empty.
// Errors: kResourceExhausted where the outcome is over `max_bytes`.
Result<std::string> expand(std::string_view text, const EnvLookup& environment,
                           std::size_t max_bytes);
// The same in every scalar below `node`.
Status expand_scalars(Node& node, const EnvLookup& environment, std::size_t max_bytes);

}  // namespace edge::daemon::yaml
