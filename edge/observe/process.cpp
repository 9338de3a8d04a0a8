#include "edge/observe/process.h"

#include <array>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

#include "edge/base/strings.h"

namespace edge::observe {
namespace {

// The beginning of a file of /proc; "" where it cannot be read.
std::string read_file(const char* path) {
  std::string text;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  std::array<char, 4096> piece;
  const ssize_t count = ::read(file, piece.data(), piece.size());
  if (count > 0) text.assign(piece.data(), static_cast<std::size_t>(count));
  ::close(file);
  return text;
}

std::uint64_t count_entries(const char* directory) {
  DIR* open = ::opendir(directory);
  if (open == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(open)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(open);
  return count == 0 ? 0 : count - 1;  // without the one that it was read through
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessFigures process_figures() {
  ProcessFigures figures;
  const std::string statm = read_file("/proc/self/statm");
  const auto pages = split(statm, ' ');
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (pages.size() > 1) {
    figures.virtual_bytes = parse_unsigned(pages[0]).value_or(0) * page_bytes;
    figures.resident_bytes = parse_unsigned(pages[1]).value_or(0) * page_bytes;
  }
  figures.open_fds = count_entries("/proc/self/fd");
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) figures.max_fds = files.rlim_cur;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  return figures;
}

std::uint64_t proportional_bytes() {
  const std::string rollup = read_file("/proc/self/smaps_rollup");
  constexpr std::string_view kName = "\nPss:";
  const std::size_t at = rollup.find(kName);
  if (at == std::string::npos) return 0;
  const std::string_view rest = trim(std::string_view(rollup).substr(at + kName.size()));
  return parse_unsigned(rest.substr(0, rest.find(' '))).value_or(0) * 1024;
}

}  // namespace edge::observe
