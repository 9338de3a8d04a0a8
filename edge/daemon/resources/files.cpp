#include "edge/daemon/resources/files.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "edge/base/log.h"
#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

namespace fs = std::filesystem;

std::string reason(int number) {
  return std::error_code(number, std::generic_category()).message();
}

void note_unreadable(const std::string& path, const std::string& why, Problems& problems) {
  problems.add({path}, "", "cannot be read: " + why + "; check the path and its permissions");
}

// Nothing where it cannot be read; a file over the limit is not read to its end.
std::vector<TextFile> read_file(const std::string& path, Role role, Problems& problems) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    note_unreadable(path, reason(errno), problems);
    return {};
  }
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) {
    note_unreadable(path, reason(errno), problems);
    return {};
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) {
    problems.add({path}, "", "is over 1 MiB; split it into several files");
    return {};
  }
  return {TextFile{.name = path, .text = std::move(text), .role = role}};
}

bool is_yaml_name(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

std::vector<std::string> list_directory(const std::string& path, Problems& problems) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries(path, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (!is_yaml_name(entries->path()) || entries->is_directory(ignored)) continue;
    names.push_back(entries->path().string());
  }
  if (error) note_unreadable(path, error.message(), problems);
  std::ranges::sort(names);
  if (names.size() > kMaxFiles) {
    problems.add({path}, "", "holds over 1000 resource files; join some of them");
    names.clear();
  }
  return names;
}

// A FIFO or a device would hold up the start.
std::vector<TextFile> read_regular(const std::string& path, Role role, Problems& problems) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_regular_file(status)) return read_file(path, role, problems);
  const bool is_directory = fs::is_directory(status);
  note_unreadable(path,
                  is_directory ? "it is a directory"
                  : error      ? error.message()
                               : "no file",
                  problems);
  return {};
}

// The number of the first line that YAML does not allow, and why; 0 where there is none.
struct BadLine {
  int number = 0;
  std::string why;
};

BadLine find_bad_line(std::string_view text) {
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (!is_utf8(line)) return {number, "is not UTF-8 text; save the file as UTF-8"};
    for (const char c : line) {
      const bool allowed = static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\r';
      if (allowed && c != 0x7F) continue;
      return {number, "holds the control character 0x" + hex_encode({&c, 1}) + "; remove it"};
    }
  }
  return {};
}

}  // namespace

std::vector<TextFile> read_path(const std::string& path, MissingPath missing, Problems& problems) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found && missing == MissingPath::kIsIgnored) {
    log::info("edge.resources", "no resources: the directory does not exist", {{"path", path}});
    return {};
  }
  if (!fs::is_directory(status)) return read_regular(path, Role::kResources, problems);
  std::vector<TextFile> files;
  for (const std::string& name : list_directory(path, problems)) {
    for (TextFile& file : read_regular(name, Role::kResources, problems)) {
      files.push_back(std::move(file));
    }
  }
  return files;
}

std::vector<TextFile> read_config_file(const std::string& path, Problems& problems) {
  return read_regular(path, Role::kConfiguration, problems);
}

bool is_yaml_text(const TextFile& file, Problems& problems) {
  const BadLine bad = find_bad_line(file.text);
  if (bad.number > 0) problems.add({file.name, bad.number}, "", bad.why);
  return bad.number == 0;
}

}  // namespace edge::daemon
