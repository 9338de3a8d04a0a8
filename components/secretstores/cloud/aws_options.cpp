#include "components/secretstores/cloud/aws_options.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "edge/base/strings.h"

namespace edge::secrets {
namespace {

using components::wrong_field;

constexpr auto kFields = std::to_array<components::Field<AwsOptions>>({
    {{.name = "region",
      .doc = "The AWS region, as `eu-west-1`; the environment's `AWS_REGION` where absent."},
     &AwsOptions::region},
    {{.name = "accessKey",
      .doc = "ID of the access key; with `secretKey` and `sessionToken` the environment's "
             "`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` where absent."},
     &AwsOptions::access_key},
    {{.name = "secretKey", .doc = "The access key itself."}, &AwsOptions::secret_key},
    {{.name = "sessionToken", .doc = "Token that belongs to a key of a session."},
     &AwsOptions::session_token},
    {{.name = "endpoint",
      .doc = "Another address than the region's own: `https://host:port`, or `http://` without "
             "TLS."},
     &AwsOptions::endpoint},
    {{.name = "caCert",
      .doc = "PEM text of the authority that signed the endpoint's certificate; without it the "
             "system's authorities are trusted."},
     &AwsOptions::ca_cert},
    {{.name = "multipleKeyValuesPerSecret",
      .fallback = "false",
      .doc = "Whether a secret that is a JSON object of texts is a secret of several values."},
     &AwsOptions::multi_valued},
});

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

Status read_credentials(AwsOptions& options) {
  if (options.access_key.empty() && options.secret_key.empty()) {
    options.access_key = environment("AWS_ACCESS_KEY_ID");
    options.secret_key = environment("AWS_SECRET_ACCESS_KEY");
    options.session_token = environment("AWS_SESSION_TOKEN");
  }
  if (options.access_key.empty()) {
    return wrong_field("accessKey", "is needed, here or as AWS_ACCESS_KEY_ID in the environment");
  }
  if (options.secret_key.empty()) return wrong_field("secretKey", "is missing beside accessKey");
  if (is_visible(options.access_key) && is_visible(options.session_token)) return {};
  return wrong_field("accessKey", "and sessionToken have visible ASCII characters only");
}

Status read_region(AwsOptions& options) {
  if (options.region.empty()) options.region = environment("AWS_REGION");
  if (options.region.empty()) options.region = environment("AWS_DEFAULT_REGION");
  const bool is_name = !options.region.empty() && std::ranges::all_of(options.region, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (is_name) return {};
  return wrong_field("region", "is needed, as eu-west-1, here or as AWS_REGION in the environment");
}

std::string usual_endpoint(const std::string& region) {
  return "https://secretsmanager." + region + ".amazonaws.com" +
         (region.starts_with("cn-") ? ".cn" : "");
}

struct Scheme {
  std::string_view text;
  std::uint16_t port;
};
constexpr Scheme kPlain{"http://", 80};
constexpr Scheme kTls{"https://", 443};

Status read_endpoint(AwsOptions& options) {
  const std::string url =
      options.endpoint.empty() ? usual_endpoint(options.region) : options.endpoint;
  const bool secure = starts_with_ignoring_case(url, kTls.text);
  if (!secure && !starts_with_ignoring_case(url, kPlain.text)) {
    return wrong_field("endpoint", "begins with https:// or http://");
  }
  const Scheme& scheme = secure ? kTls : kPlain;
  std::string_view place = std::string_view(url).substr(scheme.text.size());
  if (place.ends_with('/')) place.remove_suffix(1);
  const auto bracket = place.find(']');
  const bool literal = place.starts_with('[') && bracket != std::string_view::npos;
  const auto colon = place.find(':', literal ? bracket : 0);
  std::string_view host = place.substr(0, colon);
  std::uint64_t port = scheme.port;
  if (colon != std::string_view::npos) port = parse_unsigned(place.substr(colon + 1)).value_or(0);
  if (port == 0 || port > 65535) return wrong_field("endpoint", "has a port that is none");
  if (literal) host = host.substr(1, bracket - 1);
  const bool is_host =
      !host.empty() && is_visible(host) && host.find_first_of("/@?#[]") == std::string_view::npos;
  if (!is_host) return wrong_field("endpoint", "names a host, without a path");
  options.server = {
      .host = std::string(host), .port = static_cast<std::uint16_t>(port), .path = {}};
  options.host = port == scheme.port ? std::string(place.substr(0, colon)) : std::string(place);
  if (!secure) return {};
  auto context = tls::ClientContext::parse({.root_ca = options.ca_cert});
  if (!context) return context.error().within("caCert");
  options.tls = std::move(*context);
  return {};
}

}  // namespace

std::vector<components::FieldDoc> aws_fields() {
  return components::describe<AwsOptions>(kFields);
}

Result<AwsOptions> read_aws_options(const components::Context& context) {
  auto options = components::read_fields<AwsOptions>(kFields, context.metadata);
  if (!options) return options;
  auto done = read_credentials(*options);
  if (done) done = read_region(*options);
  if (done) done = read_endpoint(*options);
  if (!done) return std::move(done).error();
  return options;
}

}  // namespace edge::secrets
