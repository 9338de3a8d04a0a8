// Builds a tree of Nodes from what a YAML parser tells in order, within the limits of yaml.h.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "edge/daemon/resources/yaml.h"

namespace edge::daemon::yaml {

using Done = std::expected<void, SyntaxError>;

// Aliases are counted as what they stand for, while they are copied. After an error it is of no
// more use.
class TreeBuilder {
 public:
  // An anchor of "" is none. Lines are those of the file.
  Done scalar(Node node, const std::string& anchor);
  Done alias(const std::string& anchor, int line);
  Done begin(Node::Kind kind, int line, std::string anchor);
  Done end();

  [[nodiscard]] Node take_root() { return std::move(root_); }

 private:
  struct Open {
    Node node;
    std::string anchor;
    std::optional<Key> key{};  // of a map: the one whose value comes next
  };

  Done charge_one(const Node& node, int line);
  Done charge(const Node& node, int line, std::size_t depth);
  Done keep_anchor(const std::string& anchor, const Node& node);
  Done place(Node node, int line);
  Done merge(Node& map);
  Done merge_one(Node& map, const Node& from, std::set<std::string>& present);
  [[nodiscard]] bool is_open(std::string_view anchor) const;

  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  Node root_;
  std::vector<Open> open_;
  std::map<std::string, Node> anchors_;
};

}  // namespace edge::daemon::yaml
