// secretstores.aws.secretmanager: AWS Secrets Manager as an Upstream.
//
// Source: sync reference §6.1; Dapr's component of that name, for what a secret looks like.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "components/context.h"
#include "components/secretstores/cloud/upstream.h"
#include "edge/net/aws/client.h"

namespace edge::secrets {

// The answer to GetSecretValue. A secret of bytes has no value; `multi_valued` takes a JSON object
// of texts apart. Errors: kFailedPrecondition where it is no such answer; nothing of it is told.
Result<Fetched> parse_aws_secret(std::string_view body, bool multi_valued);

class AwsUpstream final : public Upstream {
 public:
  explicit AwsUpstream(const components::Context& context) : context_(context) {}

  Status configure() override;
  [[nodiscard]] std::string scope() const override;
  [[nodiscard]] bool multi_valued() const override { return multi_valued_; }
  // Neither version_id, nor another version_stage than AWSCURRENT.
  [[nodiscard]] bool means_current(const RequestMetadata& metadata) const override;
  Task<Result<Fetched>> read(Ctx ctx, std::string name, RequestMetadata metadata) override;
  Task<Result<std::vector<std::string>>> list(Ctx ctx) override;

 private:
  components::Context context_;
  std::string place_;  // region and endpoint
  bool multi_valued_ = false;
  std::unique_ptr<aws::Client> client_;  // nullptr in a simulation, where there is no network
};

}  // namespace edge::secrets
