#include <cstdlib>

#include "edge/daemon/resources/yaml.h"

namespace edge::daemon {

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

namespace yaml {
namespace {

bool is_special(char c) {
  return std::string_view("*#$@!?-0123456789").contains(c);
}

bool is_name(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The variable after a '$' and how many characters name it. Source: Go's os.Expand.
struct Reference {
  std::string_view name;
  std::size_t length = 0;
};

Reference braced(std::string_view rest) {
  const std::size_t close = rest.find('}');
  if (close == std::string_view::npos) return {"", 1};
  return {rest.substr(1, close - 1), close + 1};
}

Reference reference(std::string_view rest) {
  if (rest.empty()) return {};
  if (rest.front() == '{') return braced(rest);
  if (is_special(rest.front())) return {rest.substr(0, 1), 1};
  std::size_t length = 0;
  while (length < rest.size() && is_name(rest[length])) ++length;
  return {rest.substr(0, length), length};
}

Error too_long() {
  return {Code::kResourceExhausted, "too long once its $variables are replaced"};
}

Status expand_below(Node& node, const EnvLookup& environment, std::size_t& left) {
  if (node.kind == Node::Kind::kScalar) {
    auto text = expand(node.text, environment, left);
    if (!text) return text.error();
    left -= text->size();
    node.text = std::move(*text);
  }
  for (Node& item : node.items) {
    if (const auto done = expand_below(item, environment, left); !done) return done;
  }
  return {};
}

}  // namespace

Result<std::string> expand(std::string_view text, const EnvLookup& environment,
                           std::size_t max_bytes) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t dollar = std::min(text.find('$', at), text.size());
    out += text.substr(at, dollar - at);
    if (out.size() > max_bytes) return too_long();
    if (dollar == text.size()) break;
    const Reference found = reference(text.substr(dollar + 1));
    if (!found.name.empty()) out += environment(std::string(found.name)).value_or("");
    if (found.length == 0) out += '$';
    if (out.size() > max_bytes) return too_long();
    at = dollar + 1 + found.length;
  }
  return out;
}

Status expand_scalars(Node& node, const EnvLookup& environment, std::size_t max_bytes) {
  std::size_t left = max_bytes;
  return expand_below(node, environment, left);
}

}  // namespace yaml
}  // namespace edge::daemon
