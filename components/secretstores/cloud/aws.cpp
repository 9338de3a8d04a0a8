#include "components/secretstores/cloud/aws.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "components/secretstores/cloud/aws_options.h"
#include "components/secretstores/cloud/sealed_copies.h"
#include "edge/base/json.h"
#include "edge/net/tls/secret_bytes.h"
#include "edge/net/tls/wiped_json.h"

namespace edge::secrets {
namespace {

using tls::WipedJson;
using Json = nlohmann::json;

constexpr std::string_view kCurrent = "AWSCURRENT";
constexpr const char* kVersionId = "version_id";
constexpr const char* kVersionStage = "version_stage";
constexpr int kPage = 100;

Error malformed(std::string_view what) {
  return {Code::kFailedPrecondition, "the service's answer " + std::string(what)};
}

std::string text_of(const Json& object, const char* name) {
  const auto found = string_member(object, name);
  return found ? found->value_or("") : "";
}

// Nothing where it is no object of texts.
std::optional<Secret> values_of(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed) return std::nullopt;
  const WipedJson json(std::move(*parsed));
  if (!(*json).is_object()) return std::nullopt;
  Secret secret;
  for (const auto& [name, value] : (*json).items()) {
    if (!value.is_string() && !value.is_null()) return std::nullopt;
    secret[name] = value.is_null() ? "" : value.get_ref<const std::string&>();
  }
  return secret;
}

// The names of a page are put to `names`; gives where the next page begins, "" for the last one.
Result<std::string> take_page(std::string_view body, std::vector<std::string>& names) {
  const auto page = parse_json(body);
  const Json* list = page ? find_member(*page, "SecretList") : nullptr;
  if (list == nullptr || !list->is_array()) return malformed("has no SecretList");
  for (const Json& entry : *list) {
    std::string name = text_of(entry, "Name");
    if (!name.empty()) names.push_back(std::move(name));
  }
  return text_of(*page, "NextToken");
}

}  // namespace

Result<Fetched> parse_aws_secret(std::string_view body, AwsValues values) {
  auto parsed = parse_json(body);
  if (!parsed) return malformed("is no JSON");
  const WipedJson json(std::move(*parsed));
  return aws_secret_of(*json, values);
}

Result<Fetched> aws_secret_of(const Json& secret, AwsValues values) {
  Fetched fetched{.secret = {}, .version = text_of(secret, "VersionId")};
  const Json* name = find_member(secret, "Name");
  const Json* text = find_member(secret, "SecretString");
  if (name == nullptr || !name->is_string()) return malformed("has no Name");
  if (text == nullptr || !text->is_string()) return fetched;
  const auto& value = text->get_ref<const std::string&>();
  if (values == AwsValues::kSplit) {
    if (auto parts = values_of(value)) {
      fetched.secret = std::move(*parts);
      return fetched;
    }
  }
  fetched.secret[name->get_ref<const std::string&>()] = value;
  return fetched;
}

Status AwsUpstream::configure() {
  auto options = read_aws_options(context_);
  if (!options) return std::move(options).error();
  context_.metadata.clear();  // of the keys there is one copy
  place_ = options->region + ":" + options->endpoint;
  values_ = options->multi_valued ? AwsValues::kSplit : AwsValues::kWhole;
  auto* loop = dynamic_cast<UvLoop*>(&context_.loop);
  if (loop == nullptr) return {};
  client_ = std::make_unique<aws::Client>(
      *loop,
      aws::ClientOptions{.server = std::move(options->server),
                         .host = std::move(options->host),
                         .tls = std::move(options->tls),
                         .region = std::move(options->region),
                         .service = "secretsmanager",
                         .credentials = {.access_key = std::move(options->access_key),
                                         .secret_key = std::move(options->secret_key),
                                         .session_token = std::move(options->session_token)}});
  batches_ = std::make_unique<AwsBatches>(context_.loop, *client_, values_);
  return {};
}

// Not the key: one that replaces it reads the same secrets. How values are split belongs to a copy.
std::string AwsUpstream::scope() const {
  return "aws:" + place_ + (multi_valued() ? ":split" : "");
}

bool AwsUpstream::means_current(const RequestMetadata& metadata) const {
  if (metadata.contains(kVersionId)) return false;
  const auto stage = metadata.find(kVersionStage);
  return stage == metadata.end() || stage->second == kCurrent;
}

Task<Result<Fetched>> AwsUpstream::read(Ctx ctx, std::string name, RequestMetadata metadata) {
  if (!client_) co_return Error{Code::kUnavailable, "this loop has no network"};
  if (metadata.empty()) {
    auto fetched = co_await batches_->read(ctx, name);
    if (!fetched) co_return std::move(fetched).error();
    if (*fetched) co_return std::move(**fetched);
  }
  co_return co_await read_alone(ctx, std::move(name), std::move(metadata));
}

Task<Result<Fetched>> AwsUpstream::read_alone(Ctx ctx, std::string name, RequestMetadata metadata) {
  Json request = {{"SecretId", std::move(name)}};
  if (const auto id = metadata.find(kVersionId); id != metadata.end()) {
    request["VersionId"] = id->second;
  }
  if (const auto stage = metadata.find(kVersionStage); stage != metadata.end()) {
    request["VersionStage"] = stage->second;
  }
  auto body = co_await client_->call(ctx, "GetSecretValue", dump_json(request));
  if (!body) co_return std::move(body).error();
  auto fetched = parse_aws_secret(*body, values_);
  tls::wipe(*body);
  co_return fetched;
}

Task<Result<std::vector<std::string>>> AwsUpstream::list(Ctx ctx) {
  if (!client_) co_return Error{Code::kUnavailable, "this loop has no network"};
  std::vector<std::string> names;
  std::string next;
  while (true) {
    Json request = {{"MaxResults", kPage}};
    if (!next.empty()) request["NextToken"] = next;
    auto body = co_await client_->call(ctx, "ListSecrets", dump_json(request));
    if (!body) co_return std::move(body).error();
    auto following = take_page(*body, names);
    if (!following) co_return std::move(following).error();
    if (following->empty()) co_return names;
    if (*following == next || names.size() > SealedCopies::kMostSecrets) {
      co_return Error{Code::kFailedPrecondition,
                      "there are more than 1024 secrets, or the list does not end"};
    }
    next = std::move(*following);
  }
}

}  // namespace edge::secrets
