// Commands and their options as tables, and what a command line says about them.
//
// Options are written "--name value", "--name=value" and "-n value", also with one dash before a
// long name. A switch stands alone, or is "--name=false".
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"

namespace edge::cli {

struct OptionRow {
  std::string_view name;
  std::string_view argument;  // what stands for the value in --help; "" for a switch
  std::string_view fallback;  // the default, as it would be typed
  std::string_view help;
  char letter = '\0';
};

class Arguments;

struct Command {
  // What the words that are no options are. Those of kCommand begin with the first of them, or
  // after "--", and may look like options.
  enum class Operands : std::uint8_t { kPlain, kCommand };

  std::string_view name;      // "state get"
  std::string_view operands;  // "KEY VALUE", for --help
  std::string_view summary;
  std::vector<std::span<const OptionRow>> options;
  std::size_t fewest = 0;  // operands
  std::size_t most = 0;
  Operands kind = Operands::kPlain;
  std::string_view notes = "";  // what --help ends with
  // Gives the exit code. Errors: exit_code() maps them.
  Result<int> (*run)(const Arguments& arguments) = nullptr;

  [[nodiscard]] const OptionRow* find(std::string_view option) const noexcept;
};

// What was given, by option. Views live as long as this.
class Arguments {
 public:
  explicit Arguments(const Command& command) : command_(&command) {}

  // Whether the option was given at all.
  [[nodiscard]] bool has(std::string_view option) const { return given_.contains(option); }
  // The last value, or the default. The command has this option.
  [[nodiscard]] std::string_view get(std::string_view option) const;
  // Every value in order, without the default.
  [[nodiscard]] std::vector<std::string> all(std::string_view option) const;
  [[nodiscard]] bool is_on(std::string_view option) const { return get(option) == "true"; }
  [[nodiscard]] const std::vector<std::string>& operands() const noexcept { return operands_; }
  [[nodiscard]] bool wants_help() const { return has("help"); }
  [[nodiscard]] const Command& command() const noexcept { return *command_; }

  void add(const OptionRow& option, std::string value);
  void add_operand(std::string word) { operands_.push_back(std::move(word)); }

 private:
  const Command* command_;
  std::map<std::string_view, std::vector<std::string>> given_;
  std::vector<std::string> operands_;
};

// Reads the words after the command's name. Errors: kInvalidArgument, with what to do.
Result<Arguments> parse_arguments(const Command& command, std::span<const std::string> words);

// 2 for a wrong command line, 3 where no hub answers, else 1.
int exit_code(const Error& error) noexcept;

}  // namespace edge::cli
