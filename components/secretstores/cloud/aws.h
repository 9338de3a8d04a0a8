// secretstores.aws.secretmanager: AWS Secrets Manager as an Upstream.
//
// Source: sync reference §6.1; Dapr's component of that name, for what a secret looks like.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "components/context.h"
#include "components/secretstores/cloud/aws_batches.h"
#include "components/secretstores/cloud/upstream.h"
#include "edge/base/json.h"
#include "edge/net/aws/client.h"

namespace edge::secrets {

// The answer to GetSecretValue. A secret of bytes has no value. Errors: kFailedPrecondition where
// it is no such answer; nothing of it is told.
Result<Fetched> parse_aws_secret(std::string_view body, AwsValues values);
// The same, of a secret in an answer.
Result<Fetched> aws_secret_of(const nlohmann::json& secret, AwsValues values);

class AwsUpstream final : public Upstream {
 public:
  explicit AwsUpstream(const components::Context& context) : context_(context) {}

  Status configure() override;
  [[nodiscard]] std::string scope() const override;
  [[nodiscard]] bool multi_valued() const override { return values_ == AwsValues::kSplit; }
  // Neither version_id, nor another version_stage than AWSCURRENT.
  [[nodiscard]] bool means_current(const RequestMetadata& metadata) const override;
  Task<Result<Fetched>> read(Ctx ctx, std::string name, RequestMetadata metadata) override;
  Task<Result<std::vector<std::string>>> list(Ctx ctx) override;

 private:
  Task<Result<Fetched>> read_alone(Ctx ctx, std::string name, RequestMetadata metadata);

  components::Context context_;
  std::string place_;  // region and endpoint
  AwsValues values_ = AwsValues::kWhole;
  std::unique_ptr<aws::Client> client_;  // nullptr in a simulation, where there is no network
  std::unique_ptr<AwsBatches> batches_;  // as above
};

}  // namespace edge::secrets
