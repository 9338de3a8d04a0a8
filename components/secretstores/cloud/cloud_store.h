// CloudStore: secrets of a vendor's manager, served from sealed copies on this hub.
//
// A secret is read from the vendor when it is first asked for; from then on it comes from its copy,
// which is read again before its lease ends, and is there after a restart without a network.
// Opening never waits for the vendor. Source: sync reference §6.3.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/context.h"
#include "components/secretstores/changes.h"
#include "components/secretstores/cloud/cloud_options.h"
#include "components/secretstores/cloud/fetcher.h"
#include "components/secretstores/cloud/lease.h"
#include "components/secretstores/cloud/sealed_copies.h"
#include "components/secretstores/cloud/upstream.h"
#include "components/secretstores/secretstores.h"

namespace edge::secrets {

class CloudStore final : public Store, public ReplicaStore, public ChangingStore {
 public:
  CloudStore(const components::Context& context, std::unique_ptr<Upstream> upstream);
  ~CloudStore() override;

  [[nodiscard]] std::vector<Feature> features() const override;
  Task<Status> init(Ctx ctx) override;
  Task<Result<Secret>> get(Ctx ctx, std::string name) override;
  Task<Result<Secrets>> get_all(Ctx ctx) override;
  Task<void> close() override;

  // A version that is not the one in use is not kept: it can be read only from the vendor.
  Task<Result<SecretReading>> read(Ctx ctx, std::string name, RequestMetadata metadata) override;
  Task<Result<SecretsReading>> read_all(Ctx ctx) override;
  Task<Result<std::size_t>> refresh(Ctx ctx) override;
  Task<Result<std::size_t>> purge(Ctx ctx, std::vector<std::string> names) override;

  [[nodiscard]] std::optional<ChangesTopic> changes_topic() const override { return changes_; }
  void on_change(std::function<void(SecretChange)> observer) override;

 private:
  using Held = SealedCopies::Held;

  Task<Result<SecretReading>> read_through(Ctx ctx, std::string name, RequestMetadata metadata);
  // Sees to it that there is a copy that may be served. Errors: why not.
  Task<Status> obtain(Ctx ctx, std::string name);
  Task<Status> obtain_all(Ctx ctx, const std::vector<std::string>* names);
  [[nodiscard]] Status settle(const std::string& name, const Status& fetched);
  enum class Verdict : std::uint8_t { kServe, kAsk, kMissing };
  enum class Source : std::uint8_t { kNotAsked, kUnreachable };
  [[nodiscard]] Verdict judge(const std::string& name, Source source);
  [[nodiscard]] Error lease_ended(const std::string& name, const Error& why);
  [[nodiscard]] Result<SecretReading> reading_of(const std::string& name);
  void warn_of_overrun(const std::string& name, const Held& held);
  [[nodiscard]] Freshness freshness_of(const std::string& name, const Held& held);
  Task<void> keep_fresh(Ctx ctx);
  Task<void> read_due(Ctx ctx);

  components::Context context_;
  std::unique_ptr<Upstream> upstream_;
  LeasePolicy policy_;
  std::optional<ChangesTopic> changes_;
  std::optional<TimePoint> warned_;  // of a lease that is overrun
  std::unique_ptr<SealedCopies> copies_;
  std::unique_ptr<Fetcher> fetcher_;
  TaskGroup tasks_;
};

}  // namespace edge::secrets
