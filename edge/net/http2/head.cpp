#include "edge/net/http2/head.h"

#include "edge/base/strings.h"

namespace edge::http2 {
namespace {

// What a field counts beside its bytes. Source: RFC 9113 §6.5.2.
constexpr std::size_t kFieldCost = 32;

}  // namespace

void Head::add(std::string_view name, std::string_view value, std::size_t limit) {
  counted_ += name.size() + value.size() + kFieldCost;
  if (counted_ > limit) {
    too_large_ = true;
    return;
  }
  storage_.append(name).append(value);
  fields_.push_back(
      {static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
}

void Head::seal() {
  std::string_view rest = storage_;
  for (const Field& field : fields_) {
    const auto name = rest.substr(0, field.name_bytes);
    const auto value = rest.substr(field.name_bytes, field.value_bytes);
    rest.remove_prefix(name.size() + value.size());
    set(name, value);
  }
  fields_ = {};
}

void Head::set(std::string_view name, std::string_view value) {
  if (!name.starts_with(':')) {
    headers.add(name, value);
  } else if (name == ":method") {
    method = value;
  } else if (name == ":path") {
    path = value;
  } else if (name == ":scheme") {
    scheme = value;
  } else if (name == ":authority") {
    authority = value;
  } else if (name == ":status") {
    status = static_cast<int>(parse_unsigned(value).value_or(0));
  }
}

void Head::clear() noexcept {
  method = scheme = authority = path = {};
  status = 0;
  headers.clear();
  storage_.clear();
  fields_.clear();
  counted_ = 0;
  too_large_ = false;
}

}  // namespace edge::http2
