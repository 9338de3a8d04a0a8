#include "edge/daemon/resources/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <sys/stat.h>

#include "edge/base/log.h"
#include "edge/base/read_file.h"
#include "edge/base/strings.h"

namespace edge::daemon {
namespace {

void note_unreadable(const std::string& path, const std::string& why, Problems& problems) {
  problems.add({path}, "", "cannot be read: " + why + "; check the path and its permissions");
}

// Nothing where it cannot be read.
std::vector<TextFile> read_text(const std::string& path, Role role, Problems& problems) {
  auto text = read_file(path, kMaxFileBytes);
  if (text) return {TextFile{.name = path, .text = std::move(*text), .role = role}};
  if (text.error().code == Code::kResourceExhausted) {
    problems.add({path}, "", "is over 1 MiB; split it into several files");
  } else {
    note_unreadable(path, text.error().message, problems);
  }
  return {};
}

enum class FileType : std::uint8_t { kRegular, kDirectory, kOther, kMissing };

// What a path leads to, through links.
FileType type_of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return FileType::kMissing;
  if (S_ISREG(found.st_mode)) return FileType::kRegular;
  return S_ISDIR(found.st_mode) ? FileType::kDirectory : FileType::kOther;
}

bool is_yaml_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  return name.substr(dot) == ".yaml" || name.substr(dot) == ".yml";
}

struct DirectoryCloser {
  void operator()(DIR* open) const noexcept { ::closedir(open); }
};

std::vector<std::string> list_directory(const std::string& path, Problems& problems) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, DirectoryCloser> directory(::opendir(path.c_str()));
  if (!directory) {
    note_unreadable(path, std::strerror(errno), problems);
    return names;
  }
  const std::string before = path.ends_with('/') ? path : path + "/";
  while (const dirent* entry = ::readdir(directory.get())) {
    std::string name = before + entry->d_name;
    if (is_yaml_name(entry->d_name) && type_of(name) != FileType::kDirectory) {
      names.push_back(std::move(name));
    }
  }
  std::ranges::sort(names);
  if (names.size() > kMaxFiles) {
    problems.add({path}, "", "holds over 1000 resource files; join some of them");
    names.clear();
  }
  return names;
}

// A FIFO or a device would hold up the start.
std::vector<TextFile> read_regular(const std::string& path, Role role, Problems& problems) {
  switch (type_of(path)) {
    case FileType::kRegular:
      return read_text(path, role, problems);
    case FileType::kDirectory:
      note_unreadable(path, "it is a directory", problems);
      break;
    case FileType::kOther:
      note_unreadable(path, "no file", problems);
      break;
    case FileType::kMissing:
      note_unreadable(path, std::strerror(errno), problems);
      break;
  }
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
  const FileType type = type_of(path);
  const bool absent = type == FileType::kMissing && (errno == ENOENT || errno == ENOTDIR);
  if (absent && missing == MissingPath::kIsIgnored) {
    log::info("edge.resources", "no resources: the directory does not exist", {{"path", path}});
    return {};
  }
  if (type != FileType::kDirectory) return read_regular(path, Role::kResources, problems);
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
