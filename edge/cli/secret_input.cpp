#include "edge/cli/secret_input.h"

#include <csignal>
#include <cstdio>
#include <termios.h>
#include <unistd.h>

#include "edge/base/strings.h"
#include "edge/cli/input.h"

namespace edge::cli {
namespace {

termios shown_terminal{};

// The terminal shows again what is typed, also when typing is interrupted.
void show_and_exit(int number) {
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown_terminal);
  ::_exit(128 + number);
}

// A terminal that does not show what is typed, for as long as this lives.
class HiddenTyping {
 public:
  HiddenTyping() {
    if (::tcgetattr(STDIN_FILENO, &shown_terminal) != 0) return;
    std::signal(SIGINT, show_and_exit);
    std::signal(SIGTERM, show_and_exit);
    termios quiet = shown_terminal;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~HiddenTyping() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown_terminal);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
  }
  HiddenTyping(const HiddenTyping&) = delete;
  HiddenTyping& operator=(const HiddenTyping&) = delete;

 private:
  bool changed_ = false;
};

std::string read_line() {
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    line += static_cast<char>(c);
  }
  return line;
}

std::string ask() {
  const HiddenTyping hidden;
  std::fputs("Value: ", stderr);
  return read_line();
}

std::string without_line_end(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

Result<std::string> checked(std::string value) {
  if (value.empty()) return Error{Code::kInvalidArgument, "the value is empty"};
  if (is_utf8(value)) return value;
  return Error{Code::kInvalidArgument, "the value is no UTF-8 text; write it in base64"};
}

}  // namespace

Result<std::string> read_secret_file(std::string_view file) {
  auto text = read_input("", file);
  if (!text) return text;
  return checked(std::move(*text));
}

Result<std::string> read_secret_value(std::string_view file) {
  if (!file.empty()) return read_secret_file(file);
  if (::isatty(STDIN_FILENO) != 0) return checked(ask());
  auto text = read_input("", "-");
  if (!text) return text;
  return checked(without_line_end(std::move(*text)));
}

}  // namespace edge::cli
