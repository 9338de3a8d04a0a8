#include "components/secretstores/local_env.h"

#include <array>
#include <cstdlib>
#include <string_view>

#include "edge/base/strings.h"

extern "C" char** environ;

namespace edge::secrets {
namespace {

constexpr auto kFields = std::to_array<components::Field<LocalEnvOptions>>({
    {{.name = "prefix", .doc = "Put before each name that is asked for."},
     &LocalEnvOptions::prefix},
});

constexpr std::string_view kNeverInNames("\0=", 2);

// The hub's own tokens are not secrets for apps.
bool is_hidden(std::string_view name) noexcept {
  return starts_with_ignoring_case(name, "DAPR_") || equals_ignoring_case(name, "APP_API_TOKEN");
}

}  // namespace

std::span<const components::Field<LocalEnvOptions>> local_env_fields() {
  return kFields;
}

LocalEnvStore::LocalEnvStore(components::Context context)
    : metadata_(std::move(context.metadata)) {}

Task<Status> LocalEnvStore::init(Ctx /*ctx*/) {
  auto options = components::read_fields<LocalEnvOptions>(kFields, metadata_);
  if (!options) co_return options.error();
  options_ = std::move(*options);
  co_return Status();
}

Task<Result<Secret>> LocalEnvStore::get(Ctx /*ctx*/, std::string name) {
  const std::string variable = options_.prefix + name;
  // No variable has such a name, and what stands before a zero would be read in its place.
  const bool is_name = variable.find_first_of(kNeverInNames) == std::string::npos;
  const char* value = is_name && !is_hidden(variable) ? std::getenv(variable.c_str()) : nullptr;
  Secret secret;
  secret[name] = value == nullptr ? "" : value;
  co_return secret;
}

Task<Result<Secrets>> LocalEnvStore::get_all(Ctx /*ctx*/) {
  Secrets secrets;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    const std::string_view variable = text.substr(0, equals);
    if (equals == std::string_view::npos || is_hidden(variable) ||
        !variable.starts_with(options_.prefix)) {
      continue;
    }
    const std::string name(variable.substr(options_.prefix.size()));
    secrets[name][name] = text.substr(equals + 1);
  }
  co_return secrets;
}

Task<void> LocalEnvStore::close() {
  co_return;
}

}  // namespace edge::secrets
