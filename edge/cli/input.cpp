#include "edge/cli/input.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace edge::cli {
namespace {

constexpr std::size_t kMost = std::size_t{64} * 1024 * 1024;

Result<std::string> read_stream(std::FILE* stream, const std::string& name) {
  std::string out;
  std::array<char, 65536> bytes;
  while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), stream)) {
    out.append(bytes.data(), count);
    if (out.size() > kMost) {
      return Error{Code::kResourceExhausted, name + " is larger than 64 MiB"};
    }
  }
  if (std::ferror(stream) != 0) return Error{Code::kUnknown, "cannot read " + name};
  return out;
}

}  // namespace

Result<std::string> read_input(std::string_view text, std::string_view file) {
  if (file.empty()) return std::string(text);
  if (!text.empty()) {
    return Error{Code::kInvalidArgument,
                 "the data was given twice; leave out the text or the "
                 "--data-file"};
  }
  if (file == "-") return read_stream(stdin, "standard input");
  const std::string name(file);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(name.c_str(), "rb"),
                                                               std::fclose);
  if (!stream) return Error{Code::kNotFound, name + ": " + std::strerror(errno)};
  return read_stream(stream.get(), name);
}

}  // namespace edge::cli
