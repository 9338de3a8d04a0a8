#include <algorithm>

#include "edge/base/strings.h"
#include "edge/daemon/resources/yaml.h"

namespace edge::daemon::yaml {
namespace {

// "---" or "..." alone or before a blank, at the start of a line (YAML 1.2 §9.1).
bool is_marker(std::string_view line, std::string_view marker) {
  if (!line.starts_with(marker)) return false;
  return line.size() == marker.size() || line[3] == ' ' || line[3] == '\t' || line[3] == '\r';
}

bool has_content(std::string_view line) {
  if (is_marker(line, "---")) line.remove_prefix(3);
  const std::string_view text = trim(line);
  return !text.empty() && text.front() != '#' && line.front() != '%';
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<Chunk> run() {
    std::size_t at = 0;
    for (int line = 1; at < text_.size(); ++line) {
      const std::size_t end = std::min(text_.find('\n', at), text_.size());
      take(text_.substr(at, end - at), at, line);
      at = std::min(end + 1, text_.size());
    }
    close(text_.size());
    return std::move(chunks_);
  }

 private:
  void take(std::string_view line, std::size_t at, int number) {
    if (is_marker(line, "---")) {
      close(at);
      open(at, number);
    } else if (is_marker(line, "...")) {
      close(at);
      open(std::min(at + line.size() + 1, text_.size()), number + 1);
      return;
    }
    filled_ = filled_ || has_content(line);
  }

  void close(std::size_t end) {
    if (filled_) chunks_.push_back({text_.substr(begin_, end - begin_), first_line_});
    filled_ = false;
  }

  void open(std::size_t begin, int line) {
    begin_ = begin;
    first_line_ = line;
  }

  std::string_view text_;
  std::vector<Chunk> chunks_;
  std::size_t begin_ = 0;
  int first_line_ = 1;
  bool filled_ = false;
};

}  // namespace

std::vector<Chunk> split_documents(std::string_view text) {
  return Splitter(text).run();
}

}  // namespace edge::daemon::yaml
