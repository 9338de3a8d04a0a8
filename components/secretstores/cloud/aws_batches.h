// AwsBatches: secrets that are asked for in the same turn of the loop are read in one call.
//
// Source: AWS Secrets Manager, BatchGetSecretValue. Loop thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "components/secretstores/cloud/upstream.h"
#include "edge/net/aws/client.h"

namespace edge::secrets {

enum class AwsValues : std::uint8_t { kWhole, kSplit };  // a JSON object of texts is taken apart

class AwsBatches {
 public:
  // AWS takes 20 names; so many of the largest secrets are an answer that the client takes.
  static constexpr std::size_t kMost = 8;

  // Both outlive it.
  AwsBatches(Loop& loop, aws::Client& client, AwsValues values)
      : loop_(loop), client_(client), values_(values) {}

  // The version in use. Nothing where it has to be asked for alone: nobody else asks, the service
  // refuses this one, or has refused a call of this kind within the last hour. Errors: of the
  // client, where others would meet them as well.
  Task<Result<std::optional<Fetched>>> read(Ctx ctx, std::string name);

 private:
  struct Batch;
  using BatchPtr = std::shared_ptr<Batch>;

  Task<void> gather(Ctx ctx, BatchPtr batch);
  Task<void> ask(Ctx ctx, BatchPtr batch);
  void take(Batch& batch, std::string_view body) const;

  Loop& loop_;
  aws::Client& client_;
  AwsValues values_;
  BatchPtr gathering_;                  // that others may still join
  std::optional<TimePoint> ask_again_;  // one was refused; until then all are read alone
};

}  // namespace edge::secrets
