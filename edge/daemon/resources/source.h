// Where a resource or one of its fields was written, and what is wrong there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"

namespace edge::daemon {

struct Source {
  std::string file;
  int line = 0;  // from 1; 0 where only the file is known
};

// "/etc/edgelane/apps.yaml:12".
std::string to_text(const Source& source);

// The text between quotes, on one line and at most 64 characters long: for error messages.
std::string in_quotes(std::string_view text);

// Everything found wrong in one run, so that an installer need not mend one fault at a time.
class Problems {
 public:
  // `field` is a path such as "spec.port", or "" for the document as a whole.
  void add(const Source& source, std::string_view field, std::string_view message);

  // Errors: kInvalidArgument with one line "<file>:<line>: <field>: <message>" a problem.
  [[nodiscard]] Status status() const;

 private:
  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
};

}  // namespace edge::daemon
