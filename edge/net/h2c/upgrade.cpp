#include "edge/net/h2c/upgrade.h"

#include <algorithm>
#include <utility>

#include "edge/base/strings.h"

namespace edge::h2c {
namespace {

// A setting on the wire, and how many a client may tell: there are far fewer.
constexpr std::size_t kSettingBytes = 6;
constexpr std::size_t kMostSettings = 32;

bool lists(const HeaderList& headers, std::string_view name, std::string_view wanted) {
  for (const Header& header : headers) {
    if (!equals_ignoring_case(header.name, name)) continue;
    for (const std::string_view item : split(header.value, ',')) {
      if (equals_ignoring_case(trim(item), wanted)) return true;
    }
  }
  return false;
}

// The text in the alphabet that base64_decode() takes. Source: RFC 4648 §5.
std::string usual_base64(std::string_view text) {
  std::string usual(text);
  std::ranges::replace(usual, '-', '+');
  std::ranges::replace(usual, '_', '/');
  return usual;
}

// Of the connection, which speaks HTTP/2 from then on.
bool stays_behind(const http1::Head& request, std::string_view name) {
  constexpr std::string_view kNames[] = {"connection",       "host", "keep-alive",
                                         "proxy-connection", "te",   "transfer-encoding"};
  return std::ranges::any_of(kNames,
                             [name](auto one) { return equals_ignoring_case(name, one); }) ||
         lists(request.headers, "connection", name);
}

}  // namespace

std::optional<std::string> settings_of(const http1::Head& request) {
  if (!lists(request.headers, "upgrade", "h2c")) return {};
  if (!lists(request.headers, "connection", "http2-settings")) return {};
  const auto is_settings = [](const Header& header) {
    return equals_ignoring_case(header.name, "http2-settings");
  };
  if (std::ranges::count_if(request.headers, is_settings) != 1) return {};
  auto settings = base64_decode(usual_base64(*request.headers.find("http2-settings")));
  const std::size_t size = settings ? settings->size() : 0;
  if (size % kSettingBytes != 0 || size > kMostSettings * kSettingBytes) return {};
  return settings;
}

Upgraded::Upgraded(const http1::Head& request, std::string settings) {
  std::size_t size = 0;
  for (const Header& header : request.headers) size += header.name.size();
  names_.reserve(size);  // so that views stay
  for (const Header& header : request.headers) {
    if (stays_behind(request, header.name)) continue;
    const std::size_t begin = names_.size();
    names_ += to_lower(header.name);
    fields_.add(std::string_view(names_).substr(begin), header.value);
  }
  upgrade_.request.method = request.method;
  upgrade_.request.authority = request.headers.find("host").value_or("");
  upgrade_.request.path = request.target;
  upgrade_.request.fields = &fields_;
  upgrade_.settings = std::move(settings);
}

}  // namespace edge::h2c
