#include "components/pubsub/sqlite.h"

#include <algorithm>
#include <utility>

#include "components/pubsub/common.h"
#include "components/store_call.h"
#include "edge/base/json_writer.h"
#include "edge/base/strings.h"

namespace edge::pubsub {
namespace {

constexpr std::string_view kPartitionKey = "partitionKey";
constexpr std::int64_t kBallastBytes = 8 << 20;

// What has a column of its own is not kept a second time.
bool has_column(std::string_view name) {
  return equals_ignoring_case(name, "ttl") || equals_ignoring_case(name, "ttlInSeconds") ||
         equals_ignoring_case(name, kPartitionKey);
}

std::optional<std::string> metadata_text(const Metadata& metadata) {
  Metadata kept;
  for (const auto& [name, value] : metadata) {
    if (!has_column(name)) kept.emplace(name, value);
  }
  if (kept.empty()) return std::nullopt;
  return json_object(kept).text();
}

std::int64_t bytes_of(const queue::MessageRow& row) {
  std::size_t bytes = row.data.size();
  if (row.key) bytes += row.key->size();
  if (row.metadata) bytes += row.metadata->size();
  return static_cast<std::int64_t>(bytes);
}

}  // namespace

// Messages that are committed together.
struct SqliteBus::Batch {
  std::vector<queue::MessageRow> rows;
  std::vector<Topic*> topics;       // of the rows; never removed
  std::vector<Publication> copies;  // for those who subscribe for now only
  std::size_t size_bytes = 0;
};

// What the file holds when it is opened.
struct SqliteBus::Loaded {
  std::vector<queue::TopicRow> topics;
  std::vector<queue::CursorRow> cursors;
};

SqliteBus::SqliteBus(const components::Context& context)
    : context_(context),
      database_(context),
      source_{.loop = context.loop,
              .component = context.name,
              .options = {},
              .database = database_,
              .changed = {}},
      live_(context),
      background_(context.loop, "pubsub.sqlite " + context.name) {}

std::vector<Feature> SqliteBus::features() const {
  return {Feature::kMessageTtl};
}

Task<Status> SqliteBus::init(Ctx ctx) {
  auto options = read_sqlite_options(context_.metadata, context_.data_dir);
  if (!options) co_return std::move(options).error();
  source_.options = std::move(*options);
  auto found = std::make_shared<components::Found<Loaded>>();
  components::DatabaseOptions file;
  file.path = source_.options.path;
  file.how.quota_bytes = source_.options.max_file.count;
  file.how.schema = [found, component = context_.name](store::Db& db) -> Status {
    if (auto made = queue::create(db); !made) return made;
    auto topics = queue::topics(db, component);
    if (!topics) return std::move(topics).error();
    auto cursors = queue::cursors(db, component);
    if (!cursors) return std::move(cursors).error();
    found->put({std::move(*topics), std::move(*cursors)});
    return {};
  };
  file.writer.name = context_.name;
  file.writer.ballast_bytes = kBallastBytes;
  auto done = co_await database_.open(ctx, std::move(file));
  if (!done) co_return done;
  Loaded loaded = found->take();
  load_topics(loaded);
  load_cursors(loaded);
  keeper_ = std::make_unique<Keeper>(source_, topics_, database_.writer());
  source_.changed = [this](std::size_t unsaved) { keeper_->cursor_changed(unsaved); };
  background_.spawn(keeper_->run(background_.ctx()));
  co_return Status();
}

void SqliteBus::load_topics(Loaded& loaded) {
  for (queue::TopicRow& row : loaded.topics) {
    auto topic = std::make_unique<Topic>();
    topic->id = row.id;
    topic->name = row.name;
    topic->last = row.last;
    topic->total = row.total;
    topics_.emplace(std::move(row.name), std::move(topic));
  }
}

void SqliteBus::load_cursors(Loaded& loaded) {
  for (const auto& [name, topic] : topics_) {
    for (queue::CursorRow& row : loaded.cursors) {
      if (row.topic != topic->id) continue;
      // A number that a cursor has passed is not used again, even where the messages are lost.
      topic->last = std::max(topic->last, row.state.position);
      topic->consumers.push_back(std::make_unique<Consumer>(source_, *topic, std::move(row)));
    }
    topic->committed = topic->last;
    topic->swept_at = topic->last;
    topic->swept_at_total = topic->total;
  }
}

Task<void> SqliteBus::close() {
  co_await background_.close();
  if (keeper_) co_await keeper_->save_all();
  for (const auto& [name, topic] : topics_) {
    for (const auto& consumer : topic->consumers) co_await consumer->close();
  }
  topics_.clear();
  keeper_.reset();
  co_await database_.close();
}

Result<Durability> SqliteBus::add_to(Batch& batch, Publication& publication) {
  if (auto allowed = check_topic(publication.topic); !allowed) return std::move(allowed).error();
  const auto ttl = ttl_seconds(publication.metadata);
  if (!ttl) return ttl.error();
  if (live_.has_subscriber(publication.topic)) batch.copies.push_back(publication);
  const auto found = topics_.find(publication.topic);
  if (found == topics_.end() || found->second->consumers.empty()) {
    return Durability::kMemory;
  }
  Topic& topic = *found->second;
  queue::MessageRow row{.topic = topic.id, .seq = ++topic.last, .time = now_seconds()};
  if (*ttl) row.expires = row.time + **ttl;
  if (const auto* key = find_value(publication.metadata, kPartitionKey)) row.key = *key;
  row.metadata = metadata_text(publication.metadata);
  row.data = std::move(publication.data);
  topic.total += bytes_of(row);
  row.total = topic.total;
  batch.size_bytes += sizeof row + static_cast<std::size_t>(bytes_of(row));
  batch.rows.push_back(std::move(row));
  batch.topics.push_back(&topic);
  return Durability::kCommitted;
}

// Not cut short by the caller: what is in the writer's hands is stored, and then delivered.
Task<Status> SqliteBus::commit(std::shared_ptr<Batch> batch) {
  if (batch->rows.empty()) {
    committed(*batch);
    co_return Status();
  }
  auto work = [batch](store::Db& db) -> Result<bool> {
    for (const auto& row : batch->rows) {
      if (auto done = queue::insert(db, row); !done) return std::move(done).error();
    }
    return true;
  };
  auto done = co_await components::store_call<bool>(
      &context_.loop, Ctx::background(), database_.writer(), std::move(work), batch->size_bytes);
  if (!done) {
    if (done.error().code == Code::kResourceExhausted) keeper_->space_is_short();
    co_return std::move(done).error();
  }
  keeper_->space_is_there();
  committed(*batch);
  co_return Status();
}

void SqliteBus::committed(Batch& batch) {
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    Topic& topic = *batch.topics[i];
    topic.committed = std::max(topic.committed, batch.rows[i].seq);
    for (const auto& consumer : topic.consumers) consumer->wake();
    keeper_->topic_grew(topic);
  }
  for (Publication& copy : batch.copies) (void)live_.offer(std::move(copy));
}

Task<Result<Durability>> SqliteBus::publish(Ctx ctx, Publication publication) {
  if (ctx.cancelled()) co_return ctx.error();
  auto batch = std::make_shared<Batch>();
  auto reached = add_to(*batch, publication);
  if (!reached) co_return reached;
  auto done = co_await commit(std::move(batch));
  if (!done) co_return std::move(done).error();
  co_return reached;
}

Task<std::vector<Result<Durability>>> SqliteBus::publish_all(
    Ctx ctx, std::vector<Publication> publications) {
  auto batch = std::make_shared<Batch>();
  std::vector<Result<Durability>> answers;
  answers.reserve(publications.size());
  for (Publication& publication : publications) {
    if (ctx.cancelled()) {
      answers.emplace_back(ctx.error());
    } else {
      answers.push_back(add_to(*batch, publication));
    }
  }
  const auto done = co_await commit(std::move(batch));
  if (done) co_return answers;
  for (Result<Durability>& answer : answers) {
    if (answer) answer = done.error();
  }
  co_return answers;
}

Task<Result<std::unique_ptr<Subscription>>> SqliteBus::subscribe(Ctx ctx, SubscribeRequest request,
                                                                 Handler handler) {
  if (ctx.cancelled()) co_return ctx.error();
  if (request.lasting == Lasting::kNothing) {
    co_return co_await live_.subscribe(ctx, std::move(request), std::move(handler));
  }
  if (auto allowed = check_topic(request.topic); !allowed) co_return std::move(allowed).error();
  const std::size_t together = bulk_count(request.metadata);
  auto consumer = co_await find_consumer(std::move(request));
  if (!consumer) co_return std::move(consumer).error();
  co_return (*consumer)->subscribe(std::move(handler), together);
}

// Makes its cursor, durably, where there is none.
Task<Result<Consumer*>> SqliteBus::find_consumer(SubscribeRequest request) {
  const auto is_app = [&request](const auto& consumer) {
    return consumer->app() == request.app_id;
  };
  queue::CursorRow row{.app = request.app_id, .seen = now_seconds()};
  if (const auto found = topics_.find(request.topic); found != topics_.end()) {
    const auto& consumers = found->second->consumers;
    const auto known = std::ranges::find_if(consumers, is_app);
    if (known != consumers.end()) co_return known->get();
    row.state.position = found->second->last;
  }
  auto work = [component = context_.name, topic = request.topic, row](store::Db& db) {
    return queue::add_cursor(db, component, topic, row);
  };
  auto added = co_await components::store_call<queue::CursorRow>(
      &context_.loop, Ctx::background(), database_.writer(), std::move(work));
  if (!added) co_return std::move(added).error();
  co_return add_consumer(request.topic, std::move(*added));
}

Consumer* SqliteBus::add_consumer(const std::string& topic, queue::CursorRow row) {
  auto& known = topics_[topic];
  if (!known) {
    known = std::make_unique<Topic>();
    known->id = row.topic;
    known->name = topic;
  }
  // Another call may have made it meanwhile.
  for (const auto& consumer : known->consumers) {
    if (consumer->app() == row.app) return consumer.get();
  }
  known->consumers.push_back(std::make_unique<Consumer>(source_, *known, std::move(row)));
  return known->consumers.back().get();
}

std::int64_t SqliteBus::now_seconds() const {
  return std::chrono::duration_cast<std::chrono::seconds>(
             context_.loop.wall_now().time_since_epoch())
      .count();
}

}  // namespace edge::pubsub
