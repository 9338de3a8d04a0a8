// Typed reading of one YAML map: what is wrong is noted with file, line and field, and reading
// goes on with the target unchanged.
//
// A field that is absent or null leaves its target alone, so a target's initial value is the
// default, and reading several documents into one struct merges them field by field.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/base/time.h"
#include "edge/daemon/resources/source.h"
#include "edge/daemon/resources/yaml.h"

namespace edge::daemon {

// The file that is being read and where its faults go; outlives every Fields made from it.
struct Reading {
  std::string file;
  Problems* problems = nullptr;
};

struct Range {
  std::int64_t min;
  std::int64_t max;
};

enum class Need : std::uint8_t { kOptional, kRequired };

class Fields {
 public:
  // `path` is "" for a whole document. The node outlives the Fields.
  Fields(const Reading& reading, const yaml::Node& node, std::string path);

  // nullptr where absent or null. Names are matched without regard to case.
  const yaml::Node* find(std::string_view name);
  bool has(std::string_view name) { return find(name) != nullptr; }

  // False for a map that is not there.
  [[nodiscard]] bool is_present() const;
  [[nodiscard]] bool is_map() const { return node_->kind == yaml::Node::Kind::kMap; }

  // True where the target was set. `remedy` says what to write where a required field is missing.
  bool read(std::string_view name, std::string& target);
  bool require(std::string_view name, std::string& target, std::string_view remedy);
  bool read(std::string_view name, bool& target);
  bool read(std::string_view name, std::optional<bool>& target);
  bool read(std::string_view name, Range range, std::int64_t& target);
  bool read(std::string_view name, std::optional<std::uint16_t>& port);
  bool read(std::string_view name, Duration& target);  // over 0
  bool read(std::string_view name, std::vector<std::string>& target);

  // Every member of this map as a text.
  void read_all(std::vector<std::pair<std::string, std::string>>& target);

  // The map below `name`; an empty one where it is absent.
  Fields map(std::string_view name, Need need = Need::kOptional);
  // Each map of the list below `name`.
  void each(std::string_view name, const std::function<void(Fields&)>& take);

  // The same for two maps that say the same.
  [[nodiscard]] std::size_t fingerprint() const;

  [[nodiscard]] Source source() const { return {reading_->file, node_->line}; }
  Source source(std::string_view name);
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(std::string_view name) const;
  // `name` is "" for the map itself.
  void problem(std::string_view name, std::string_view message);

  // Fields that nobody asked for so far, each with "; did you mean ..." where something is near.
  struct Unknown {
    std::string path;
    std::string hint;
    Source source;
  };
  [[nodiscard]] std::vector<Unknown> unknown() const;
  // The same as problems: for kinds of our own, where a typing error must not pass unseen.
  void refuse_unknown();

 private:
  const std::string* scalar(std::string_view name);

  const Reading* reading_;
  const yaml::Node* node_;
  std::string path_;
  std::vector<std::string_view> asked_;
};

}  // namespace edge::daemon
