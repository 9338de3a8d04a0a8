#include "edge/net/etcd/lines.h"

#include "edge/base/strings.h"

namespace edge::etcd {
namespace {

constexpr std::size_t kKept = std::size_t{64} << 10;  // of memory between lines

}  // namespace

void Lines::add(std::string_view piece) {
  held_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  if (held_.empty() && held_.capacity() > kKept) held_.shrink_to_fit();
  held_.append(piece);
}

std::optional<std::string_view> Lines::next() {
  while (true) {
    const std::size_t end = held_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = held_.size();
      return std::nullopt;
    }
    const auto line = trim(std::string_view(held_).substr(begin_, end - begin_));
    begin_ = searched_ = end + 1;
    if (!line.empty()) return line;
  }
}

}  // namespace edge::etcd
