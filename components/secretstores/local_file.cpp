#include "components/secretstores/local_file.h"

#include <array>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/read_file.h"

namespace edge::secrets {
namespace {

using components::Need;

constexpr std::size_t kMaxFileBytes = std::size_t{1024} * 1024;

constexpr auto kFields = std::to_array<components::Field<LocalFileOptions>>({
    {{.name = "secretsFile", .doc = "Path of the JSON file.", .need = Need::kRequired},
     &LocalFileOptions::file},
    {{.name = "nestedSeparator", .fallback = ":", .doc = "Between the parts of a nested name."},
     &LocalFileOptions::separator},
    {{.name = "multiValued",
      .fallback = "false",
      .doc = "Each top-level name is one secret with several values."},
     &LocalFileOptions::multi_valued},
});

std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

// Every scalar below `value`, by its path.
void flatten(const nlohmann::json& value, const std::string& path, std::string_view separator,
             Secret& out) {
  if (!value.is_structured()) {
    out[path] = text_of(value);
    return;
  }
  for (const auto& [name, member] : value.items()) {
    const std::string below = path.empty() ? name : path + std::string(separator) + name;
    flatten(member, below, separator, out);
  }
}

Result<std::string> read_secrets(const std::string& path) {
  auto text = read_file(path, kMaxFileBytes);
  if (text) return text;
  if (text.error().code == Code::kResourceExhausted) {
    return Error{Code::kInvalidArgument, "secretsFile " + path + " is over 1 MiB"};
  }
  return Error{Code::kNotFound, "open secretsFile " + path + ": " + text.error().message};
}

}  // namespace

std::span<const components::Field<LocalFileOptions>> local_file_fields() {
  return kFields;
}

Result<Secrets> secrets_of(const nlohmann::json& document, const LocalFileOptions& options) {
  if (!document.is_object()) {
    return Error{Code::kInvalidArgument,
                 "secretsFile " + options.file + " must hold a JSON object"};
  }
  Secrets secrets;
  if (!options.multi_valued) {
    Secret all;
    flatten(document, "", options.separator, all);
    for (auto& [name, value] : all) secrets[name][name] = std::move(value);
    return secrets;
  }
  for (const auto& [name, value] : document.items()) {
    Secret& secret = secrets[name];
    if (value.is_structured()) {
      flatten(value, "", options.separator, secret);
    } else {
      secret[name] = text_of(value);
    }
  }
  return secrets;
}

LocalFileStore::LocalFileStore(components::Context context)
    : metadata_(std::move(context.metadata)) {}

Task<Status> LocalFileStore::init(Ctx /*ctx*/) {
  auto options = components::read_fields<LocalFileOptions>(kFields, metadata_);
  if (!options) co_return options.error();
  auto text = read_secrets(options->file);
  if (!text) co_return text.error();
  auto document = parse_json(*text);
  if (!document) co_return document.error().within("secretsFile " + options->file);
  auto secrets = secrets_of(*document, *options);
  if (!secrets) co_return secrets.error();
  secrets_ = std::move(*secrets);
  multi_valued_ = options->multi_valued;
  co_return Status();
}

std::vector<Feature> LocalFileStore::features() const {
  return multi_valued_ ? std::vector{Feature::kMultiValued} : std::vector<Feature>();
}

Task<Result<Secret>> LocalFileStore::get(Ctx /*ctx*/, std::string name) {
  const auto found = secrets_.find(name);
  if (found == secrets_.end()) co_return Error{Code::kNotFound, "secret " + name + " not found"};
  co_return found->second;
}

Task<Result<Secrets>> LocalFileStore::get_all(Ctx /*ctx*/) {
  co_return secrets_;
}

Task<void> LocalFileStore::close() {
  secrets_.clear();
  co_return;
}

}  // namespace edge::secrets
