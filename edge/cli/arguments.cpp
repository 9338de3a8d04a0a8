#include "edge/cli/arguments.h"

#include <array>

namespace edge::cli {
namespace {

constexpr OptionRow kHelp = {"help", "", "", "Print this text and exit", 'h'};

Error fault(std::string message) {
  return {Code::kInvalidArgument, std::move(message)};
}

class Parser {
 public:
  Parser(const Command& command, std::span<const std::string> words)
      : command_(command), words_(words), parsed_(command) {}

  Result<Arguments> run() {
    while (next_ < words_.size()) {
      const std::string& word = words_[next_];
      const bool is_option = word.size() > 1 && word.front() == '-';
      if (word == "--" || (!is_option && command_.kind == Command::Operands::kCommand)) {
        if (word == "--") ++next_;
        break;
      }
      ++next_;
      if (!is_option) {
        parsed_.add_operand(word);
      } else if (const Status taken = take(word); !taken) {
        return taken.error();
      }
    }
    while (next_ < words_.size()) parsed_.add_operand(words_[next_++]);
    if (const Status fits = check_operands(); !fits) return fits.error();
    return std::move(parsed_);
  }

 private:
  [[nodiscard]] std::string see_help() const {
    return "see edgelane " + std::string(command_.name) + " --help";
  }

  [[nodiscard]] const OptionRow* find(std::string_view name) const {
    if (const OptionRow* row = command_.find(name)) return row;
    if (name.size() != 1) return nullptr;
    for (const auto& group : command_.options) {
      for (const OptionRow& row : group) {
        if (row.letter == name.front()) return &row;
      }
    }
    return name.front() == kHelp.letter ? &kHelp : nullptr;
  }

  Status take(std::string_view word) {
    const std::string_view bare = word.substr(word.starts_with("--") ? 2 : 1);
    const std::size_t equals = bare.find('=');
    const OptionRow* row = find(bare.substr(0, equals));
    if (row == nullptr) {
      return fault("unknown option " + std::string(word.substr(0, word.find('='))) + "; " +
                   see_help());
    }
    if (equals != std::string_view::npos) return set(*row, bare.substr(equals + 1));
    if (row->argument.empty()) return set(*row, "true");
    if (next_ == words_.size()) {
      return fault("--" + std::string(row->name) + " needs a value; write --" +
                   std::string(row->name) + " " + std::string(row->argument));
    }
    return set(*row, words_[next_++]);
  }

  Status set(const OptionRow& row, std::string_view value) {
    if (row.argument.empty() && value != "true" && value != "false") {
      return fault("--" + std::string(row.name) + " is true or false, not \"" + std::string(value) +
                   "\"");
    }
    parsed_.add(row, std::string(value));
    return {};
  }

  [[nodiscard]] Status check_operands() const {
    const std::size_t count = parsed_.operands().size();
    if (parsed_.wants_help() || (count >= command_.fewest && count <= command_.most)) return {};
    if (count < command_.fewest) {
      return fault("missing: " + std::string(command_.operands) + "; " + see_help());
    }
    return fault("unexpected \"" + parsed_.operands()[command_.most] + "\"; " + see_help());
  }

  const Command& command_;
  std::span<const std::string> words_;
  std::size_t next_ = 0;
  Arguments parsed_;
};

}  // namespace

const OptionRow* Command::find(std::string_view option) const noexcept {
  if (option == kHelp.name) return &kHelp;
  for (const auto& group : options) {
    for (const OptionRow& row : group) {
      if (row.name == option) return &row;
    }
  }
  return nullptr;
}

std::string_view Arguments::get(std::string_view option) const {
  const auto found = given_.find(option);
  if (found != given_.end()) return found->second.back();
  const OptionRow* row = command_->find(option);
  return row == nullptr ? "" : row->fallback;
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  const auto found = given_.find(option);
  return found == given_.end() ? std::vector<std::string>() : found->second;
}

void Arguments::add(const OptionRow& option, std::string value) {
  given_[option.name].push_back(std::move(value));
}

Result<Arguments> parse_arguments(const Command& command, std::span<const std::string> words) {
  return Parser(command, words).run();
}

int exit_code(const Error& error) noexcept {
  switch (error.code) {
    case Code::kInvalidArgument:
      return 2;
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
      return 3;
    default:
      return 1;
  }
}

}  // namespace edge::cli
