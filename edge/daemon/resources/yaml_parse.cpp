#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include <yaml.h>

#include "edge/base/strings.h"
#include "edge/daemon/resources/yaml_tree.h"

namespace edge::daemon::yaml {
namespace {

using Kind = Node::Kind;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Source: go-yaml v2's resolve.go.
constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};

// libyaml's words, and what to do about them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kRows = {{
    {"did not find expected key",
     "the indentation changes here; indent the fields of one map alike"},
    {"did not find expected '-' indicator", "the indentation changes here; indent the items alike"},
    {"block sequence entries are not allowed",
     "the indentation changes here; indent the items alike"},
    {"did not find expected ',' or '}'", "a '{' is not closed, or a comma is missing"},
    {"did not find expected ',' or ']'", "a '[' is not closed, or a comma is missing"},
    {"found character that cannot start any token",
     "a value cannot begin with this character; put the value in quotes"},
    {"mapping values are not allowed",
     "a value cannot hold \": \"; put it in quotes, or mend the indentation"},
    {"found unknown escape character",
     "unknown escape; use single quotes, or double the backslash"},
    {"did not find the expected '>'", "end of verbatim tag not found; correct the YAML here"},
    {"did not find expected <document start>",
     "text follows the end of the document; separate them by ---"},
}};

int line_count(std::string_view text) {
  const auto ends = static_cast<int>(std::ranges::count(text, '\n'));
  return text.ends_with('\n') ? ends : ends + 1;
}

// Owns libyaml's parser and the event that it gave last.
class Events {
 public:
  explicit Events(std::string_view text) : text_(text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Events() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // False where the text is no YAML.
  bool next() {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser_, &event_) != 0;
  }
  [[nodiscard]] const yaml_event_t& event() const noexcept { return event_; }
  // Of the event, from 0.
  [[nodiscard]] int line() const noexcept { return static_cast<int>(event_.start_mark.line); }
  // Legal after next() was false. The line counts from 0.
  [[nodiscard]] SyntaxError error() const;

 private:
  [[nodiscard]] int error_line() const;

  std::string_view text_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

int Events::error_line() const {
  if (parser_.error == YAML_READER_ERROR) {
    return line_count(text_.substr(0, parser_.problem_offset + 1)) - 1;
  }
  const int line = static_cast<int>(parser_.problem_mark.line);
  if (line < line_count(text_)) return line;
  // Of what is not closed, the begin tells more than the end of the text.
  return parser_.context != nullptr ? static_cast<int>(parser_.context_mark.line) : line - 1;
}

SyntaxError Events::error() const {
  if (parser_.error == YAML_MEMORY_ERROR || parser_.problem == nullptr) throw std::bad_alloc();
  const auto lines = split(text_, '\n');
  // To libyaml a bare CR ends a line too.
  const int line = std::clamp(error_line(), 0, static_cast<int>(lines.size()) - 1);
  const std::string_view problem = parser_.problem;
  const std::string_view shown = lines[static_cast<std::size_t>(line)];
  const std::string_view indent = shown.substr(0, shown.find_first_not_of(" \t"));
  if (problem.starts_with("did not find expected key") && trim(shown).starts_with(':')) {
    return {line, "a field's name must be plain text"};
  }
  if (problem.starts_with("found character that cannot start") && indent.contains('\t')) {
    return {line, "a tab cannot indent; use spaces"};
  }
  for (const auto& [theirs, ours] : kRows) {
    if (problem.starts_with(theirs)) return {line, std::string(ours)};
  }
  return {line, std::string(problem) + "; correct the YAML here"};
}

std::string anchor_text(const yaml_char_t* anchor) {
  return anchor == nullptr ? "" : reinterpret_cast<const char*>(anchor);
}

// What carries a tag is text, whatever it looks like.
Node scalar_node(const yaml_event_t& event, int line) {
  const auto& scalar = event.data.scalar;
  const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
  const bool plain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nullptr;
  const bool null = plain && std::ranges::find(kNulls, text) != kNulls.end();
  if (null) return Node{.line = line};
  return Node{.kind = Kind::kScalar,
              .style = plain ? Node::Style::kPlain : Node::Style::kQuoted,
              .line = line,
              .text = std::string(text)};
}

Done take(const yaml_event_t& event, int line, TreeBuilder& tree) {
  switch (event.type) {
    case YAML_ALIAS_EVENT:
      return tree.alias(anchor_text(event.data.alias.anchor), line);
    case YAML_SCALAR_EVENT:
      return tree.scalar(scalar_node(event, line), anchor_text(event.data.scalar.anchor));
    case YAML_SEQUENCE_START_EVENT:
      return tree.begin(Kind::kList, line, anchor_text(event.data.sequence_start.anchor));
    case YAML_MAPPING_START_EVENT:
      return tree.begin(Kind::kMap, line, anchor_text(event.data.mapping_start.anchor));
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      return tree.end();
    default:
      return {};
  }
}

}  // namespace

std::string_view kind_name(const Node& node) noexcept {
  static constexpr std::array<std::string_view, 4> kNames = {"nothing", "text", "a list", "a map"};
  return kNames[static_cast<std::size_t>(node.kind)];
}

std::expected<Node, SyntaxError> parse(std::string_view text, int first_line) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Events events(text);
  TreeBuilder tree;
  int documents = 0;
  do {
    if (!events.next()) {
      SyntaxError error = events.error();
      error.line += first_line;
      return std::unexpected(std::move(error));
    }
    const bool another = events.event().type == YAML_DOCUMENT_START_EVENT && ++documents > 1;
    if (another) {
      return std::unexpected(
          SyntaxError{first_line, "text follows the end of the document; separate them by ---"});
    }
    if (auto taken = take(events.event(), first_line + events.line(), tree); !taken) {
      return std::unexpected(std::move(taken.error()));
    }
  } while (events.event().type != YAML_STREAM_END_EVENT);
  return documents == 0 ? Node{.line = first_line} : tree.take_root();
}

}  // namespace edge::daemon::yaml
