#include "edge/daemon/resources/yaml_tree.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace edge::daemon::yaml {
namespace {

using Kind = Node::Kind;

std::unexpected<SyntaxError> fault(int line, std::string what) {
  return std::unexpected(SyntaxError{line, std::move(what)});
}

Done check_depth(std::size_t depth, int line) {
  if (depth < kMaxDepth) return {};
  return fault(line, "nested over " + std::to_string(kMaxDepth) + " deep; flatten it");
}

Done refuse_duplicates(const Node& map) {
  std::vector<const Key*> sorted;
  for (const Key& key : map.keys) sorted.push_back(&key);
  std::ranges::sort(sorted, {}, [](const Key* key) { return std::tie(key->name, key->line); });
  const auto twice = std::ranges::adjacent_find(sorted, {}, &Key::name);
  if (twice == sorted.end()) return {};
  return fault((*std::next(twice))->line, "the field " + in_quotes((*twice)->name) +
                                              " is given twice, first in line " +
                                              std::to_string((*twice)->line) + "; remove one");
}

}  // namespace

bool TreeBuilder::is_open(std::string_view anchor) const {
  return std::ranges::any_of(open_, [anchor](const Open& open) { return open.anchor == anchor; });
}

Done TreeBuilder::alias(const std::string& anchor, int line) {
  if (is_open(anchor)) return fault(line, "an alias stands inside what it refers to");
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    return fault(line, "no anchor of that name; quote a value that begins with *");
  }
  Node copy = found->second;
  if (auto charged = charge(copy, line, open_.size()); !charged) return charged;
  return place(std::move(copy), line);
}

Done TreeBuilder::scalar(Node node, const std::string& anchor) {
  const int line = node.line;
  if (auto charged = charge_one(node, line); !charged) return charged;
  if (auto kept = keep_anchor(anchor, node); !kept) return kept;
  return place(std::move(node), line);
}

Done TreeBuilder::begin(Kind kind, int line, std::string anchor) {
  if (auto fits = check_depth(open_.size(), line); !fits) return fits;
  open_.push_back({.node = Node{.kind = kind, .line = line}, .anchor = std::move(anchor)});
  return charge_one(open_.back().node, line);
}

Done TreeBuilder::end() {
  Node& last = open_.back().node;
  if (last.kind == Kind::kMap) {
    if (auto unique = refuse_duplicates(last); !unique) return unique;
    if (auto merged = merge(last); !merged) return merged;
  }
  Open done = std::move(open_.back());
  open_.pop_back();
  if (auto kept = keep_anchor(done.anchor, done.node); !kept) return kept;
  const int line = done.node.line;
  return place(std::move(done.node), line);
}

Done TreeBuilder::charge_one(const Node& node, int line) {
  bytes_ += node.text.size();
  if (++nodes_ <= kMaxNodes && bytes_ <= kMaxBytes) return {};
  return fault(line, "too much in one document; split it, or use fewer aliases");
}

Done TreeBuilder::charge(const Node& node, int line, std::size_t depth) {
  if (auto charged = charge_one(node, line); !charged) return charged;
  if (node.items.empty()) return {};
  if (auto fits = check_depth(depth, line); !fits) return fits;
  for (const Node& item : node.items) {
    if (auto charged = charge(item, line, depth + 1); !charged) return charged;
  }
  return {};
}

Done TreeBuilder::keep_anchor(const std::string& anchor, const Node& node) {
  if (anchor.empty()) return {};
  if (auto charged = charge(node, node.line, open_.size()); !charged) return charged;
  anchors_[anchor] = node;
  return {};
}

Done TreeBuilder::place(Node node, int line) {
  if (open_.empty()) {
    root_ = std::move(node);
    return {};
  }
  Open& parent = open_.back();
  if (parent.node.kind == Kind::kMap && !parent.key) {
    if (node.kind != Kind::kScalar) return fault(line, "a field's name must be plain text");
    parent.key = Key{std::move(node.text), line};
    return {};
  }
  if (parent.key) {
    node.line = node.kind == Kind::kScalar ? line : parent.key->line;
    parent.node.keys.push_back(*std::exchange(parent.key, std::nullopt));
  }
  parent.node.items.push_back(std::move(node));
  return {};
}

// "<<": the fields of another map (or of several) where this one does not have them.
Done TreeBuilder::merge(Node& map) {
  const auto found = std::ranges::find(map.keys, "<<", &Key::name);
  if (found == map.keys.end()) return {};
  const auto at = found - map.keys.begin();
  const Node from = std::move(map.items[static_cast<std::size_t>(at)]);
  map.keys.erase(found);
  map.items.erase(map.items.begin() + at);
  std::set<std::string> present;
  for (const Key& key : map.keys) present.insert(key.name);
  if (from.kind == Kind::kMap) return merge_one(map, from, present);
  if (from.kind != Kind::kList) return {};
  for (const Node& item : from.items) {
    if (auto merged = merge_one(map, item, present); !merged) return merged;
  }
  return {};
}

Done TreeBuilder::merge_one(Node& map, const Node& from, std::set<std::string>& present) {
  for (std::size_t i = 0; i < from.keys.size(); ++i) {
    if (!present.insert(from.keys[i].name).second) continue;
    if (auto charged = charge(from.items[i], from.line, open_.size()); !charged) return charged;
    map.keys.push_back(from.keys[i]);
    map.items.push_back(from.items[i]);
  }
  return {};
}

}  // namespace edge::daemon::yaml
