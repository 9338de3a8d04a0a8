#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "edge/daemon/resources/yaml.h"

namespace edge::daemon::yaml {
namespace {

using Kind = Node::Kind;

// Leaves yaml-cpp's parser from inside a callback; caught in parse().
struct TreeError : std::runtime_error {
  TreeError(int at, const std::string& what) : std::runtime_error(what), line(at) {}
  int line;
};

// Builds the tree from the parser's events, so that aliases are counted as they are copied.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(int first_line) : first_line_(first_line) {}

  [[nodiscard]] Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    put(Node{.line = line_of(mark)}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    const int line = line_of(mark);
    if (found == anchors_.end()) throw TreeError(line, "an alias stands inside what it refers to");
    Node copy = found->second;
    charge(copy, line, open_.size());
    place(std::move(copy), line);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool plain = tag == "?" || tag.empty();
    put(Node{.kind = Kind::kScalar,
             .style = plain ? Node::Style::kPlain : Node::Style::kQuoted,
             .line = line_of(mark),
             .text = value},
        anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(Kind::kList, line_of(mark), anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(Kind::kMap, line_of(mark), anchor);
  }
  void OnMapEnd() override {
    refuse_duplicates(open_.back().node);
    merge(open_.back().node);
    end();
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Key> key{};  // of a map: the one whose value comes next
  };

  [[nodiscard]] int line_of(const YAML::Mark& mark) const { return first_line_ + mark.line; }

  void charge_one(const Node& node, int line) {
    bytes_ += node.text.size();
    if (++nodes_ > kMaxNodes || bytes_ > kMaxBytes) {
      throw TreeError(line, "too much in one document; split it, or use fewer aliases");
    }
  }

  static void check_depth(std::size_t depth, int line) {
    if (depth >= kMaxDepth) {
      throw TreeError(line, "nested over " + std::to_string(kMaxDepth) + " deep; flatten it");
    }
  }

  void charge(const Node& node, int line, std::size_t depth) {
    charge_one(node, line);
    if (!node.items.empty()) check_depth(depth, line);
    for (const Node& item : node.items) charge(item, line, depth + 1);
  }

  void begin(Kind kind, int line, YAML::anchor_t anchor) {
    check_depth(open_.size(), line);
    open_.push_back({.node = Node{.kind = kind, .line = line}, .anchor = anchor});
    charge_one(open_.back().node, line);
  }

  void end() {
    Open done = std::move(open_.back());
    open_.pop_back();
    keep_anchor(done.anchor, done.node);
    const int line = done.node.line;
    place(std::move(done.node), line);
  }

  void put(Node node, YAML::anchor_t anchor) {
    const int line = node.line;
    charge_one(node, line);
    keep_anchor(anchor, node);
    place(std::move(node), line);
  }

  void keep_anchor(YAML::anchor_t anchor, const Node& node) {
    if (anchor == YAML::NullAnchor) return;
    charge(node, node.line, open_.size());
    anchors_[anchor] = node;
  }

  void place(Node node, int line) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Kind::kMap && !parent.key) {
      if (node.kind != Kind::kScalar) throw TreeError(line, "a field's name must be plain text");
      parent.key = Key{std::move(node.text), line};
      return;
    }
    if (parent.key) {
      node.line = node.kind == Kind::kScalar ? line : parent.key->line;
      parent.node.keys.push_back(*std::exchange(parent.key, std::nullopt));
    }
    parent.node.items.push_back(std::move(node));
  }

  static void refuse_duplicates(const Node& map) {
    std::vector<const Key*> sorted;
    for (const Key& key : map.keys) sorted.push_back(&key);
    std::ranges::sort(sorted, {}, [](const Key* key) { return std::tie(key->name, key->line); });
    const auto twice = std::ranges::adjacent_find(sorted, {}, &Key::name);
    if (twice == sorted.end()) return;
    throw TreeError((*std::next(twice))->line, "the field " + in_quotes((*twice)->name) +
                                                   " is given twice, first in line " +
                                                   std::to_string((*twice)->line) + "; remove one");
  }

  // "<<": the fields of another map (or of several) where this one does not have them.
  void merge(Node& map) {
    const auto found = std::ranges::find(map.keys, "<<", &Key::name);
    if (found == map.keys.end()) return;
    const auto at = found - map.keys.begin();
    const Node from = std::move(map.items[static_cast<std::size_t>(at)]);
    map.keys.erase(found);
    map.items.erase(map.items.begin() + at);
    std::set<std::string> present;
    for (const Key& key : map.keys) present.insert(key.name);
    if (from.kind == Kind::kMap) merge_one(map, from, present);
    for (const Node& item : from.kind == Kind::kList ? from.items : std::vector<Node>{}) {
      merge_one(map, item, present);
    }
  }

  void merge_one(Node& map, const Node& from, std::set<std::string>& present) {
    for (std::size_t i = 0; i < from.keys.size(); ++i) {
      if (!present.insert(from.keys[i].name).second) continue;
      charge(from.items[i], from.line, open_.size());
      map.keys.push_back(from.keys[i]);
      map.items.push_back(from.items[i]);
    }
  }

  int first_line_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
};

// yaml-cpp's words, and what to do about them. Never what stands after its colon: that may be a
// piece of a secret.
std::string explain(const std::string& message) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kRows = {{
      {"the referenced anchor is not defined",
       "no anchor of that name; quote a value that begins with *"},
      {"end of map not found", "the indentation changes here; indent the fields of one map alike"},
      {"end of sequence not found", "the indentation changes here; indent the items alike"},
      {"end of map flow not found", "a '{' is not closed, or a comma is missing"},
      {"end of sequence flow not found", "a '[' is not closed, or a comma is missing"},
      {"unknown token", "a value cannot begin with this character; put the value in quotes"},
      {"illegal map value",
       "a value cannot hold \": \"; put it in quotes, or mend the indentation"},
      {"unknown escape character", "unknown escape; use single quotes, or double the backslash"},
  }};
  for (const auto& [theirs, ours] : kRows) {
    if (message.starts_with(theirs)) return std::string(ours);
  }
  return message.substr(0, message.find(':')) + "; correct the YAML here";
}

}  // namespace

std::string_view kind_name(const Node& node) noexcept {
  static constexpr std::array<std::string_view, 4> kNames = {"nothing", "text", "a list", "a map"};
  return kNames[static_cast<std::size_t>(node.kind)];
}

std::expected<Node, SyntaxError> parse(std::string_view text, int first_line) {
  const auto fail = [](int line, std::string message) {
    return std::unexpected(SyntaxError{line, std::move(message)});
  };
  TreeBuilder builder(first_line);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return Node{.line = first_line};
    Node root = builder.take_root();
    if (parser.HandleNextDocument(builder)) {
      return fail(first_line, "text follows the end of the document; separate them by ---");
    }
    return root;
  } catch (const TreeError& error) {
    return fail(error.line, error.what());
  } catch (const YAML::Exception& error) {
    return fail(first_line + std::max(error.mark.line, 0), explain(error.msg));
  } catch (const std::exception&) {
    return fail(first_line, "cannot be read as YAML; simplify this document");
  }
}

}  // namespace edge::daemon::yaml
