// edgelane completion: what a shell needs to complete edgelane's command line.
#include <array>
#include <set>

#include "edge/cli/commands.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

std::string options_of(const Command& command) {
  std::string out;
  for (const auto& group : command.options) {
    for (const OptionRow& option : group) out += "--" + std::string(option.name) + " ";
  }
  return out + "--help";
}

// The first words of commands; after one that is a group, the second.
std::string words_after(std::string_view first) {
  std::set<std::string> words;
  for (const Command& command : commands()) {
    const std::size_t space = command.name.find(' ');
    const std::string_view head = command.name.substr(0, space);
    if (first.empty()) {
      words.emplace(head);
    } else if (head == first && space != std::string_view::npos) {
      words.emplace(command.name.substr(space + 1));
    }
  }
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// The first words of commands whose names are two words.
std::set<std::string> groups() {
  std::set<std::string> words;
  for (const Command& command : commands()) {
    const std::size_t space = command.name.find(' ');
    if (space != std::string_view::npos) words.emplace(command.name.substr(0, space));
  }
  return words;
}

// bash's; zsh runs it too.
std::string bash_script() {
  std::string out =
      "_edgelane() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} first=${COMP_WORDS[1]} second=${COMP_WORDS[2]}\n"
      "  local options=\n"
      "  if [[ $COMP_CWORD -eq 1 ]]; then\n"
      "    COMPREPLY=($(compgen -W \"" +
      words_after("") +
      " help\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$first $second\" in\n"
      "    \"completion \"*) options=\"bash zsh fish\" ;;\n";
  for (const Command& command : commands()) {
    const bool is_pair = command.name.find(' ') != std::string_view::npos;
    out += "    \"" + std::string(command.name) + (is_pair ? "\")" : " \"*)") + " options=\"" +
           options_of(command) + "\" ;;\n";
  }
  for (const std::string& group : groups()) {
    out += "    \"" + group + " \"*) options=\"" + words_after(group) + "\" ;;\n";
  }
  out +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  [[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default 2>/dev/null\n"
      "}\n"
      "complete -F _edgelane edgelane\n";
  return out;
}

std::string zsh_script() {
  return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script();
}

// In fish's single quotes.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

bool names_file(const OptionRow& option) {
  return option.argument == "FILE" || option.argument == "DIR" || option.argument == "PATH";
}

std::string fish_option(const OptionRow& option, const std::string& condition) {
  std::string out =
      "complete -c edgelane -n " + quoted(condition) + " -l " + std::string(option.name);
  if (option.letter != '\0') out += std::string(" -s ") + option.letter;
  if (!option.argument.empty()) out += " -r";
  if (names_file(option)) out += " -F";
  return out + " -d " + quoted(option.help) + "\n";
}

std::string fish_script() {
  std::string out = "complete -c edgelane -f\n";
  for (const Command& command : commands()) {
    const std::size_t space = command.name.find(' ');
    const std::string first(command.name.substr(0, space));
    std::string condition = "__fish_seen_subcommand_from " + first;
    if (space == std::string_view::npos) {
      out += "complete -c edgelane -n __fish_use_subcommand -a " + first + " -d " +
             quoted(command.summary) + "\n";
    } else {
      const std::string second(command.name.substr(space + 1));
      out += "complete -c edgelane -n " + quoted(condition) + " -a " + second + " -d " +
             quoted(command.summary) + "\n";
      condition += "; and __fish_seen_subcommand_from " + second;
    }
    for (const auto& group : command.options) {
      for (const OptionRow& option : group) out += fish_option(option, condition);
    }
  }
  out += "complete -c edgelane -n __fish_use_subcommand -a state -d 'Read and write state'\n";
  out += "complete -c edgelane -n __fish_use_subcommand -a secret -d 'Keep and read secrets'\n";
  out += "complete -c edgelane -n __fish_use_subcommand -a lane -d 'Show and set lanes'\n";
  out += "complete -c edgelane -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n";
  return out;
}

struct Shell {
  std::string_view name;
  std::string (*script)();
};

constexpr auto kShells = std::to_array<Shell>({
    {"bash", bash_script},
    {"zsh", zsh_script},
    {"fish", fish_script},
});

Result<int> run(const Arguments& arguments) {
  const std::string& wanted = arguments.operands()[0];
  for (const Shell& shell : kShells) {
    if (shell.name != wanted) continue;
    print(shell.script());
    return 0;
  }
  return Error{Code::kInvalidArgument, "no completion for \"" + wanted + "\"; bash, zsh or fish"};
}

}  // namespace

Command completion_command() {
  return {.name = "completion",
          .operands = "SHELL",
          .summary = "Print the completion of bash, zsh or fish",
          .options = {},
          .fewest = 1,
          .most = 1,
          .notes =
              "  source <(edgelane completion bash)\n"
              "  source <(edgelane completion zsh)\n"
              "  edgelane completion fish | source",
          .run = run};
}

}  // namespace edge::cli
