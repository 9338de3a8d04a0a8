#include "components/secretstores/cloud/cloud_options.h"

#include <array>
#include <cstdlib>
#include <utility>

#include "edge/base/strings.h"

namespace edge::secrets {
namespace {

using components::wrong_field;

struct Fields {
  Duration refresh{};
  Duration max_stale_online{};
  Duration max_stale_offline{};
  std::string on_expired;
  std::string replica_file;
  std::string key_file;
  std::string changes_pubsub;
  std::string changes_topic;
};

constexpr auto kFields = std::to_array<components::Field<Fields>>({
    {{.name = "refresh",
      .fallback = "1h",
      .doc = "How often a secret that was asked for is read again, a tenth more or less; at least "
             "1s."},
     &Fields::refresh},
    {{.name = "maxStaleOnline",
      .alias = "max_stale_online",
      .fallback = "24h",
      .doc = "How long a copy is served while the vendor is reached and refuses to give the "
             "secret."},
     &Fields::max_stale_online},
    {{.name = "maxStaleOffline",
      .alias = "max_stale_offline",
      .fallback = "720h",
      .doc = "How long a copy is served while the vendor cannot be reached."},
     &Fields::max_stale_offline},
    {{.name = "onExpired",
      .alias = "on_expired",
      .fallback = "deny",
      .doc = "What is done then: `deny`, or `serve+warn`, which serves the copy and logs it."},
     &Fields::on_expired},
    {{.name = "replicaFile",
      .doc = "Path of the database file that keeps the sealed copies; `hub.db` in the hub's data "
             "folder where absent."},
     &Fields::replica_file},
    {{.name = "keyFile",
      .doc =
          "Path of the file with the key of 32 bytes that seals them; `replica.key` in the hub's "
          "data folder where absent. It is made at the first start, is never that of a "
          "`secretstores.sqlite`, and is not used where systemd gives the credential "
          "`hub-kek`."},
     &Fields::key_file},
    {{.name = "changesPubsub",
      .alias = "changes_pubsub",
      .doc = "The pub/sub component through which apps are told that a secret has another version "
             "or is gone; they are not told where absent."},
     &Fields::changes_pubsub},
    {{.name = "changesTopic",
      .alias = "changes_topic",
      .fallback = "secret.changed",
      .doc = "The topic of these messages: the store, the secret's name and version, no values."},
     &Fields::changes_topic},
});

constexpr std::string_view kServe = "serve+warn";

Result<LeasePolicy> policy_of(const Fields& fields) {
  LeasePolicy policy{.refresh = fields.refresh,
                     .max_stale_online = fields.max_stale_online,
                     .max_stale_offline = fields.max_stale_offline};
  if (policy.refresh < std::chrono::seconds(1)) {
    return wrong_field("refresh", "is at least 1s");
  }
  if (policy.max_stale_online < policy.refresh) {
    return wrong_field("maxStaleOnline", "is at least as long as refresh");
  }
  if (policy.max_stale_offline < policy.refresh) {
    return wrong_field("maxStaleOffline", "is at least as long as refresh");
  }
  if (fields.on_expired != "deny" && fields.on_expired != kServe) {
    return wrong_field("onExpired", "is deny or serve+warn");
  }
  if (fields.on_expired == kServe) policy.on_expired = OnExpired::kServeAndWarn;
  return policy;
}

Result<CopyFiles> files_of(Fields fields, const std::string& folder) {
  if (folder.empty() && (fields.replica_file.empty() || fields.key_file.empty())) {
    return wrong_field("replicaFile",
                       "and keyFile are needed where the hub has no data folder; name files");
  }
  std::string& path = fields.replica_file;
  if (path.empty()) path = folder + "/hub.db";
  if (starts_with_ignoring_case(path, "file:")) path.erase(0, 5);
  if (path == ":memory:" || path.find('?') != std::string::npos) {
    return wrong_field("replicaFile", "is the path of a file, without options");
  }
  if (fields.key_file.empty()) fields.key_file = folder + "/replica.key";
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  return CopyFiles{.database = std::move(path),
                   .key = std::move(fields.key_file),
                   .credentials = credentials == nullptr ? "" : credentials};
}

}  // namespace

std::vector<components::FieldDoc> cloud_fields() {
  return components::describe<Fields>(kFields);
}

Result<CloudOptions> read_cloud_options(const components::Context& context) {
  auto fields = components::read_fields<Fields>(kFields, context.metadata);
  if (!fields) return std::move(fields).error();
  auto policy = policy_of(*fields);
  if (!policy) return std::move(policy).error();
  std::optional<ChangesTopic> changes;
  if (!fields->changes_pubsub.empty()) {
    changes = {std::move(fields->changes_pubsub), std::move(fields->changes_topic)};
  }
  auto files = files_of(std::move(*fields), context.data_dir);
  if (!files) return std::move(files).error();
  return CloudOptions{*policy, std::move(*files), std::move(changes)};
}

}  // namespace edge::secrets
