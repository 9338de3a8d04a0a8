// edgelane version.
#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/version.h"
#include "edge/cli/commands.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

Result<int> run(const Arguments& arguments) {
  const auto format = output_format(arguments);
  if (!format) return format.error();
  if (*format == OutputFormat::kJson) {
    print_line(dump_json({{"version", kVersion}, {"daprVersion", kDaprVersion}}));
  } else {
    print_line("edgelane " + std::string(kVersion) + ", speaks Dapr " + std::string(kDaprVersion));
  }
  return 0;
}

}  // namespace

Command version_command() {
  return {.name = "version",
          .operands = "",
          .summary = "Print the version",
          .options = {output_options()},
          .run = run};
}

}  // namespace edge::cli
