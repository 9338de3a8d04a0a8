#include "components/database.h"

#include <utility>

#include "edge/base/log.h"

namespace edge::components {

Task<Status> Database::open(Ctx ctx, std::string path, store::OpenOptions how,
                            store::WriterOptions options, Reading reading) {
  Completion<Result<store::OpenReport>> completion(loop_);
  auto done = start(path, std::move(how), std::move(options), completion.sender());
  if (!done) co_return done;
  auto opened = co_await completion.wait_or_abandon(ctx);
  if (!opened) {
    done = ctx.error();
  } else if (!*opened) {
    done = std::move(*opened).error();
  } else {
    report(**opened);
    if (reading == Reading::kOwnConnection) done = open_reader(path);
  }
  if (!done) writer_.reset();
  co_return done;
}

Status Database::start(const std::string& path, store::OpenOptions how,
                       store::WriterOptions options,
                       Completion<Result<store::OpenReport>>::Sender opened) {
  how.now = loop_.wall_now();
  auto tell = [sender = std::move(opened)](Result<store::OpenReport> report) mutable {
    sender.send(std::move(report));
  };
  auto writer = files_.open(path, std::move(how), std::move(options), std::move(tell));
  if (!writer) return std::move(writer).error();
  writer_ = std::move(*writer);
  return {};
}

Status Database::open_reader(const std::string& path) {
  auto reader = store::Db::open(path, {.access = store::Access::kReadOnly});
  if (!reader) return std::move(reader).error();
  reader_ = std::move(*reader);
  return {};
}

void Database::report(const store::OpenReport& opened) const {
  if (opened.unclean) {
    log::info(log_scope_, "the last stop was not orderly", {{"component", component_}});
  }
  if (opened.damage.empty()) return;
  log::error(
      log_scope_, "database was damaged and has been set aside",
      {{"component", component_}, {"damage", opened.damage}, {"set_aside", opened.set_aside}});
  for (const auto& table : opened.salvaged) {
    log::warn(log_scope_, "salvaged",
              {{"table", table.name},
               {"rows", std::to_string(table.rows)},
               {"gaps", std::to_string(table.gaps)}});
  }
}

Task<void> Database::close() {
  reader_.reset();
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
