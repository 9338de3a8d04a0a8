#include "components/database.h"

#include <utility>

#include "edge/store/standby.h"

namespace edge::components {

Task<Status> Database::open(Ctx ctx, DatabaseOptions options) {
  options_ = std::move(options);
  Completion<Result<store::OpenReport>> completion(loop_);
  auto done = start(options_.how, completion.sender());
  if (!done) co_return done;
  auto opened = co_await completion.wait_or_abandon(ctx);
  if (!opened) {
    files_.abandon(std::exchange(writer_, {}));
    done = ctx.error();
  } else if (!*opened) {
    done = std::move(*opened).error();
  } else if (has_reader()) {
    done = open_reader();
    if (writer_->standing_by()) drop_reader();
  }
  if (!done) writer_.reset();
  co_return done;
}

Status Database::start(store::OpenOptions how,
                       Completion<Result<store::OpenReport>>::Sender opened) {
  how.now = loop_.wall_now();
  auto tell = [sender = std::move(opened)](Result<store::OpenReport> report) mutable {
    sender.send(std::move(report));
  };
  auto writer = files_.open(options_.path, std::move(how), options_.writer, std::move(tell));
  if (!writer) return std::move(writer).error();
  writer_ = std::move(*writer);
  return {};
}

Status Database::open_reader() {
  const std::uint32_t generation = writer_->generation();
  auto reader =
      writer_->standing_by()
          ? store::open_standby(options_.path, options_.how.schema, store::RunSchema::kWhereEmpty)
          : store::Db::open(options_.path, {.access = store::Access::kReadOnly,
                                            .busy_timeout = options_.how.busy_timeout});
  if (reader && options_.prepare_reader) {
    if (auto done = options_.prepare_reader(*reader); !done) return done;
  }
  if (!reader) return std::move(reader).error();
  reader_ = std::move(*reader);
  generation_ = generation;
  return {};
}

Status Database::refresh() {
  if (reader_ && generation_ == writer_->generation()) return {};
  drop_reader();
  return open_reader();
}

void Database::note_failure() {
  if (reader_->failure() == store::Db::Failure::kDamaged) writer_->report_damage(generation_);
  reader_->clear_failure();
}

void Database::drop_reader() noexcept {
  held_.reset();
  reader_.reset();
}

Task<void> Database::close() {
  drop_reader();
  if (!writer_ || writer_.use_count() > 1) {
    writer_.reset();
    co_return;
  }
  Completion<bool> closed(loop_);
  writer_->finish([sender = closed.sender()]() mutable { sender.send(true); });
  co_await closed.wait();
  writer_.reset();
}

}  // namespace edge::components
