#include "edge/cli/output.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace edge::cli {
namespace {

constexpr auto kOptions = std::to_array<OptionRow>({
    {"output", "FORMAT", "text", "text or json", 'o'},
});

// On one line, and nothing that would speak to the terminal.
std::string cell(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  return text;
}

}  // namespace

std::span<const OptionRow> output_options() {
  return kOptions;
}

Result<OutputFormat> output_format(const Arguments& arguments) {
  const std::string_view name = arguments.get("output");
  if (name == "text") return OutputFormat::kText;
  if (name == "json") return OutputFormat::kJson;
  return Error{Code::kInvalidArgument,
               "--output is text or json, not \"" + std::string(name) + "\""};
}

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += cell(row[i]);
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string short_age(std::chrono::seconds age) {
  const auto seconds = std::max<std::int64_t>(age.count(), 0);
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 86400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_line(std::string_view text) {
  print(text);
  if (!text.ends_with('\n')) print("\n");
}

void flush_output() {
  std::fflush(stdout);
}

}  // namespace edge::cli
