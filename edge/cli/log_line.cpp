#include "edge/cli/log_line.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"

namespace edge::cli {
namespace {

constexpr std::size_t kLevelWidth = 8;  // "warning "

// Shown first, or the same in every line.
constexpr auto kNotRepeated =
    std::to_array<std::string_view>({"time", "level", "msg", "scope", "type", "ver", "instance"});

std::string printable(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  return text;
}

std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

std::string member(const nlohmann::json& line, std::string_view name) {
  const auto* found = find_member(line, name);
  return found == nullptr ? "" : text_of(*found);
}

// "2026-08-21T20:12:09.123456789Z" to milliseconds.
std::string short_time(std::string time) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kMilliseconds = 23;
  if (time.size() < kMilliseconds + 1 || time[kDate] != 'T') return time;
  time[kDate] = ' ';
  return time.substr(0, kMilliseconds) + "Z";
}

}  // namespace

std::string log_line_text(std::string_view json) {
  const auto line = parse_json(json);
  if (!line || !line->is_object()) return printable(std::string(json));
  std::string level = member(*line, "level");
  level.resize(std::max(level.size() + 1, kLevelWidth), ' ');
  std::string out = short_time(member(*line, "time")) + " " + level + member(*line, "scope") +
                    ": " + member(*line, "msg");
  for (const auto& [name, value] : line->items()) {
    if (std::ranges::find(kNotRepeated, name) != kNotRepeated.end()) continue;
    const std::string text = text_of(value);
    const bool is_plain = !text.empty() && text.find_first_of(" \"=") == std::string::npos;
    out += " " + name + "=" + (is_plain ? text : dump_json(value));
  }
  return printable(std::move(out));
}

}  // namespace edge::cli
