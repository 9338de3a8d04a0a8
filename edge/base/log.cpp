#include "edge/base/log.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/base/time.h"
#include "edge/base/version.h"

namespace edge::log {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"debug", "info", "warning", "error",
                                                         "fatal"};

// Name to value, in the order of the names.
using Line = std::map<std::string, std::string, std::less<>>;

class File {
 public:
  explicit File(int fd = -1) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

struct Sink {
  std::mutex mutex;
  std::atomic<Level> level = Level::kInfo;
  Options options;
  File file;
  std::function<void(std::string_view)> captured;
  std::function<void(const Record&)> observer;
};

// None where `path` is "".
Result<File> open_file(const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC;
  if (path.empty()) return File();
  File file(::open(path.c_str(), kFlags, 0640));
  if (file.fd() >= 0) return file;
  return Error{Code::kInvalidArgument, "open log file " + path + ": " + std::strerror(errno)};
}

// Never destroyed: other threads and destructors of globals may still write at exit.
Sink& sink() {
  static Sink& instance = *new Sink;
  return instance;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // A log that nobody can take is dropped; the daemon goes on.
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Go's strconv.IsPrint, near enough to keep a terminal safe: controls, and the separators and
// direction marks that would change how the rest of the line is shown.
bool is_hidden(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0xA0) || point == 0xAD ||
         (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202F) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF;
}

void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view kNamed = "\a\b\t\n\v\f\r";  // 7 to 13
  constexpr std::string_view kLetters = "abtnvfr";
  const auto at = kNamed.find(static_cast<char>(c));
  out += '\\';
  if (at != std::string_view::npos) {
    out += kLetters[at];
  } else {
    const char byte = static_cast<char>(c);
    out += 'x' + hex_encode({&byte, 1});
  }
}

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  // 0: not UTF-8
};

CodePoint first_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (text.size() < length || !is_utf8(text.substr(0, length))) return {};
  std::uint32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    value = value << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {value, length};
}

// Go's %q.
std::string go_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const std::size_t length = point.length == 0 ? 1 : point.length;
    if (text[0] == '"' || text[0] == '\\') {
      out.append({'\\', text[0]});
    } else if (point.length == 0 || (length == 1 && is_hidden(point.value))) {
      append_escape(out, static_cast<unsigned char>(text[0]));
    } else if (is_hidden(point.value)) {
      const std::array<char, 2> bytes = {static_cast<char>(point.value >> 8U),
                                         static_cast<char>(point.value)};
      out += "\\u" + hex_encode({bytes.data(), bytes.size()});
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out + '"';
}

bool is_plain(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/@^+";
  return text.find_first_not_of(kPlain) == std::string_view::npos;
}

std::string to_json(const Line& line) {
  return dump_json(nlohmann::json(line));
}

std::string to_text(const Line& line) {
  constexpr std::array<std::string_view, 3> kFirst = {"time", "level", "msg"};
  std::string out;
  const auto append = [&](std::string_view key, const std::string& value) {
    if (!out.empty()) out += ' ';
    out += is_plain(key) ? key : go_quoted(key);
    out += '=';
    out += is_plain(value) ? value : go_quoted(value);
  };
  for (const std::string_view key : kFirst) append(key, line.find(key)->second);
  for (const auto& [key, value] : line) {
    if (std::ranges::find(kFirst, key) == kFirst.end()) append(key, value);
  }
  return out;
}

struct Event {
  Level level;
  std::string_view scope;
  std::string_view message;
  std::initializer_list<Field> fields;
};

Line make_line(const Event& event, const Options& options) {
  Line line = {
      {"scope", std::string(event.scope)}, {"type", "log"}, {"ver", std::string(kVersion)}};
  if (!options.app_id.empty()) line["app_id"] = options.app_id;
  if (!options.instance.empty()) line["instance"] = options.instance;
  for (const Field& field : event.fields) {
    const bool fixed = field.key == "time" || field.key == "level" || field.key == "msg";
    line.insert_or_assign((fixed ? "fields." : "") + std::string(field.key), field.value);
  }
  line["level"] = level_name(event.level);
  line["msg"] = event.message;
  line["time"] = to_rfc3339(std::chrono::system_clock::now(), Decimals::kNanoseconds);
  return line;
}

// The app that a line is about.
std::string_view app_of(const Line& line) {
  for (const std::string_view name : {"app", "app_id"}) {
    if (const auto found = line.find(name); found != line.end()) return found->second;
  }
  return "";
}

}  // namespace

std::string_view level_name(Level level) noexcept {
  return kLevelNames[static_cast<std::size_t>(level)];
}

Result<Level> parse_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (equals_ignoring_case(name, kLevelNames[i])) return static_cast<Level>(i);
  }
  if (equals_ignoring_case(name, "warn")) return Level::kWarning;
  return Error{Code::kInvalidArgument, "unknown log level \"" + std::string(name) +
                                           "\": use debug, info, warn, error or fatal"};
}

Status configure(Options options) {
  auto file = open_file(options.file);
  if (!file) return file.error();
  Sink& to = sink();
  const std::lock_guard lock(to.mutex);
  to.level = options.level;
  to.options = std::move(options);
  to.file = std::move(*file);
  return {};
}

Status reopen() {
  Sink& to = sink();
  const std::lock_guard lock(to.mutex);
  auto file = open_file(to.options.file);
  if (!file) return file.error();
  to.file = std::move(*file);
  return {};
}

bool enabled(Level level) noexcept {
  return level >= sink().level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view scope, std::string_view message,
           std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  Sink& to = sink();
  const std::lock_guard lock(to.mutex);
  const Line line = make_line({level, scope, message, fields}, to.options);
  const bool is_json = to.options.format == Format::kJson;
  std::string text = is_json ? to_json(line) : to_text(line);
  if (to.observer) to.observer({level, app_of(line), is_json ? text : to_json(line)});
  if (to.captured) return to.captured(text);
  text += '\n';
  write_all(STDOUT_FILENO, text);
  if (to.file.fd() >= 0) write_all(to.file.fd(), text);
}

void observe(std::function<void(const Record&)> observer) {
  Sink& to = sink();
  const std::lock_guard lock(to.mutex);
  to.observer = std::move(observer);
}

void capture(std::function<void(std::string_view line)> sink_function) {
  Sink& to = sink();
  const std::lock_guard lock(to.mutex);
  to.captured = std::move(sink_function);
}

}  // namespace edge::log
