#include "tests/components/configuration/fixture.h"

#include <utility>

#include <gtest/gtest.h>

#include "edge/loop/sim_loop.h"
#include "edge/loop/uv_loop.h"
#include "tests/support/timing.h"

namespace edge::configuration {
namespace {

std::unique_ptr<Store> make(const std::string& type, const components::Context& context) {
  return components::find_type(components::configuration_types(), type)->make(context);
}

FakeCloud* linked(FakeCloud& cloud) {
  cloud.link();
  return &cloud;
}

std::unique_ptr<Loop> make_loop(const std::string& type) {
  if (type == "configuration.etcd") return std::make_unique<UvLoop>();
  return std::make_unique<SimLoop>();
}

}  // namespace

RunningStore::RunningStore(const std::string& type, components::Metadata metadata)
    : own_loop_(make_loop(type)),
      own_files_(std::make_unique<store::OpenFiles>()),
      loop_(*own_loop_),
      store_(make(type,
                  {"configstore", std::move(metadata), loop_, *own_files_, "", linked(*cloud_)})),
      opened_(run(loop_, store_->init(Ctx::background()))) {}

RunningStore::RunningStore(Loop& loop, store::OpenFiles& files, const std::string& name,
                           components::Metadata metadata)
    : loop_(loop),
      store_(make("configuration.sqlite", {name, std::move(metadata), loop_, files, ""})),
      opened_(run(loop_, store_->init(Ctx::background()))) {}

RunningStore::~RunningStore() {
  if (opened_) run(loop_, store_->close());
}

void RunningStore::advance(Duration time) {
  auto* simulated = dynamic_cast<SimLoop*>(&loop_);
  if (simulated != nullptr) simulated->advance(time);
}

bool RunningStore::wait_until(const std::function<bool()>& condition) {
  const TimePoint limit = loop_.now() + test::kLimit;
  while (!condition()) {
    if (loop_.now() > limit) return false;
    const auto slept =
        run(loop_, sleep_for(loop_, Ctx::background(), std::chrono::milliseconds(2)));
    if (!slept) return false;
  }
  return true;
}

Items RunningStore::get(std::vector<std::string> keys) {
  auto items = run(loop_, store_->get(Ctx::background(), std::move(keys), {}));
  if (items) return std::move(*items);
  ADD_FAILURE() << items.error().message;
  return {};
}

std::optional<std::string> RunningStore::value(const std::string& key) {
  const Items items = get({key});
  if (items.empty()) return std::nullopt;
  EXPECT_EQ(items.size(), 1U);
  return items.at(key).value;
}

SubscriptionId RunningStore::subscribe(std::vector<std::string> keys, Told* told) {
  auto id =
      run(loop_, store_->subscribe(Ctx::background(), std::move(keys), {},
                                   [told](const Items& changed) { told->push_back(changed); }));
  if (id) return *id;
  ADD_FAILURE() << id.error().message;
  return 0;
}

Result<Written> RunningStore::write(std::vector<Change> changes, const std::string& note) {
  return run(loop_, editable()->write(Ctx::background(), std::move(changes), note));
}

Result<Written> RunningStore::set(const std::string& key, const std::string& value) {
  return write({{key, value}});
}

Result<Written> RunningStore::rollback(std::uint64_t revision) {
  return run(loop_, editable()->rollback(Ctx::background(), revision));
}

std::vector<PastRevision> RunningStore::history(std::size_t limit) {
  auto past = run(loop_, editable()->history(Ctx::background(), limit));
  if (past) return std::move(*past);
  ADD_FAILURE() << past.error().message;
  return {};
}

}  // namespace edge::configuration
