// What commands print on standard output: columns for people, JSON for programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cli/arguments.h"

namespace edge::cli {

enum class OutputFormat : std::uint8_t { kText, kJson };

// --output.
std::span<const OptionRow> output_options();
// Errors: kInvalidArgument.
Result<OutputFormat> output_format(const Arguments& arguments);

// Columns two blanks apart; the first row is the heading. The last column is not padded. Control
// characters become blanks.
std::string table_text(const std::vector<std::vector<std::string>>& rows);

// "45s", "12m", "3h", "2d": the largest unit that fits, for a column.
std::string short_age(std::chrono::seconds age);

void print(std::string_view text);
// With a line end where the text has none.
void print_line(std::string_view text);
// Shows what was printed now, for output that comes bit by bit.
void flush_output();

}  // namespace edge::cli
