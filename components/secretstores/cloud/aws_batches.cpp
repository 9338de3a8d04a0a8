#include "components/secretstores/cloud/aws_batches.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "components/secretstores/cloud/aws.h"
#include "components/secretstores/secret_codec.h"
#include "edge/base/json.h"
#include "edge/base/log.h"
#include "edge/loop/sync.h"
#include "edge/net/tls/secret_bytes.h"
#include "edge/net/tls/wiped_json.h"

namespace edge::secrets {
namespace {

using Json = nlohmann::json;

constexpr Duration kAlone = std::chrono::hours(1);

// Whether a call for one secret would meet it, too.
bool is_for_all(Code code) {
  return code == Code::kUnavailable || code == Code::kCancelled || code == Code::kUnauthenticated ||
         code == Code::kResourceExhausted;
}

// It may have been asked for by its name or its ARN.
bool is_called(const Json& secret, std::string_view asked) {
  for (const char* member : {"Name", "ARN"}) {
    const Json* found = find_member(secret, member);
    if (found == nullptr || !found->is_string()) continue;
    if (found->get_ref<const std::string&>() == asked) return true;
  }
  return false;
}

}  // namespace

struct AwsBatches::Batch {
  explicit Batch(Loop& loop) : landed(loop) {}
  ~Batch() {
    for (auto& [name, fetched] : answers) wipe(fetched.secret);
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  std::vector<std::string> names;
  std::map<std::string, Fetched> answers;
  std::optional<Error> failure;
  Event landed;
};

Task<Result<std::optional<Fetched>>> AwsBatches::read(Ctx ctx, std::string name) {
  if (ask_again_ && loop_.now() < *ask_again_) co_return std::optional<Fetched>();
  BatchPtr batch = gathering_;
  if (batch) {
    batch->names.push_back(name);
    if (batch->names.size() == kMost) gathering_.reset();
    auto waited = co_await batch->landed.wait(ctx);
    if (!waited) co_return waited.error();
  } else {
    batch = gathering_ = std::make_shared<Batch>(loop_);
    batch->names.push_back(name);
    co_await gather(ctx, batch);
    batch->landed.set();
  }
  if (batch->failure) co_return *batch->failure;
  auto answer = batch->answers.extract(name);
  if (answer.empty()) co_return std::optional<Fetched>();
  co_return std::optional(std::move(answer.mapped()));
}

Task<void> AwsBatches::gather(Ctx ctx, BatchPtr batch) {
  auto slept = co_await sleep_for(loop_, ctx, Duration::zero());
  if (gathering_ == batch) gathering_.reset();
  if (slept && batch->names.size() > 1) co_await ask(ctx, batch);
}

Task<void> AwsBatches::ask(Ctx ctx, BatchPtr batch) {
  const Json request = {{"SecretIdList", batch->names}};
  auto body = co_await client_.call(ctx, "BatchGetSecretValue", dump_json(request));
  if (body) {
    take(*batch, *body);
    tls::wipe(*body);
    co_return;
  }
  if (is_for_all(body.error().code)) {
    batch->failure = std::move(body).error();
    co_return;
  }
  ask_again_ = loop_.now() + kAlone;
  log::info("edge.secrets.replica",
            "secrets are read one by one for an hour, as BatchGetSecretValue is refused",
            {{"error", body.error().message}});
}

// What is refused for a secret alone is said better when it is asked for alone.
void AwsBatches::take(Batch& batch, std::string_view body) const {
  auto parsed = parse_json(body);
  if (!parsed) return;
  const tls::WipedJson json(std::move(*parsed));
  const Json* list = find_member(*json, "SecretValues");
  if (list == nullptr || !list->is_array()) return;
  for (const Json& secret : *list) {
    const auto name = std::ranges::find_if(
        batch.names, [&secret](const std::string& asked) { return is_called(secret, asked); });
    if (name == batch.names.end()) continue;
    auto fetched = aws_secret_of(secret, values_);
    if (fetched) batch.answers.emplace(*name, std::move(*fetched));
  }
}

}  // namespace edge::secrets
