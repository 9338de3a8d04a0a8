#include "edge/cli/line_splitter.h"

namespace edge::cli {

Flow LineSplitter::add(std::string_view piece) {
  for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    begun_ += piece.substr(0, end);
    piece.remove_prefix(end + 1);
    const Flow flow = take_(begun_);
    begun_.clear();
    if (flow == Flow::kEnough) return flow;
  }
  begun_ += piece;
  return Flow::kMore;
}

}  // namespace edge::cli
