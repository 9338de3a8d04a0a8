#include "edge/api/http/target.h"

#include "edge/base/strings.h"

namespace edge::api {
namespace {

// No "//", no "/." and no slash at the end, in one pass: nearly every path.
bool is_clean(std::string_view path) noexcept {
  if (!path.starts_with('/')) return false;
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i - 1] == '/' && (path[i] == '/' || path[i] == '.')) return false;
  }
  return path.size() == 1 || path.back() != '/';
}

std::string clean(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto parts = split(path, '/');
  for (const auto part : parts) {
    if (part == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!part.empty() && part != ".") {
      kept.push_back(part);
    }
  }
  std::string cleaned;
  for (const auto part : kept) cleaned.append("/").append(part);
  return cleaned.empty() ? "/" : cleaned;
}

// "/path" of "http://host/path".
std::string_view without_origin(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::size_t slash = target.find_first_of("/?", scheme + 3);
  return slash == std::string_view::npos ? "/" : target.substr(slash);
}

}  // namespace

Target parse_target(std::string_view target) {
  if (!target.starts_with('/')) target = without_origin(target);
  target = target.substr(0, target.find('#'));
  Target parsed;
  const std::size_t question = target.find('?');
  parsed.raw_path = target.substr(0, question);
  if (question != std::string_view::npos) parsed.query = target.substr(question + 1);
  if (!is_clean(parsed.raw_path)) parsed.cleaned = clean(parsed.raw_path);
  return parsed;
}

std::vector<std::string_view> segments(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return split(path, '/');
}

}  // namespace edge::api
