#include "edge/store/open_files.h"

#include <string_view>
#include <utility>

namespace edge::store {
namespace {

// Each of these is a database of its own.
constexpr std::string_view kInMemory = ":memory:";

struct Joining {
  std::function<Status(Db&)> schema;
  Writer::OnOpened opened;
  bool repeated = false;
};

Status join(Writer& writer, const std::shared_ptr<Joining>& joining) {
  auto job = [joining](Db& db) { return joining->schema ? joining->schema(db) : Status(); };
  auto done = [&writer, joining](Status status) {
    const bool damaged = !status && status.error().code == Code::kDataLoss;
    // The file is replaced before the next job.
    if (damaged && !std::exchange(joining->repeated, true) && join(writer, joining)) return;
    if (status && joining->schema) writer.add_schema(joining->schema);
    if (status) return joining->opened(OpenReport());
    joining->opened(std::move(status).error());
  };
  return writer.submit(std::move(job), std::move(done));
}

}  // namespace

Result<std::shared_ptr<Writer>> OpenFiles::open(const std::string& path, OpenOptions open_options,
                                                WriterOptions options, Writer::OnOpened opened) {
  if (progress_) open_options.progress = progress_;
  if (path == kInMemory) {
    auto writer =
        Writer::open(path, std::move(open_options), std::move(options), std::move(opened));
    if (!writer) return std::move(writer).error();
    return std::shared_ptr<Writer>(std::move(*writer));
  }
  close_abandoned();
  const std::string name = canonical_path(path);
  if (auto writer = writers_[name].lock()) {
    auto joined =
        join(*writer, std::make_shared<Joining>(std::move(open_options.schema), std::move(opened)));
    if (!joined) return std::move(joined).error();
    std::erase_if(abandoned_, [&](const Abandoned& one) { return one.writer == writer; });
    return writer;
  }
  auto writer = Writer::open(path, std::move(open_options), std::move(options), std::move(opened));
  if (!writer) return std::move(writer).error();
  std::shared_ptr<Writer> shared = std::move(*writer);
  std::erase_if(writers_, [](const auto& entry) { return entry.second.expired(); });
  writers_[name] = shared;
  return shared;
}

void OpenFiles::abandon(std::shared_ptr<Writer> writer) {
  close_abandoned();
  if (!writer || writer.use_count() > 1) return;
  auto done = std::make_shared<std::atomic<bool>>(false);
  auto nothing = [](Db&) { return Status(); };
  // Where the queue is full, the destructor closes it.
  static_cast<void>(writer->submit(nothing, [done](const Status&) { *done = true; }).has_value());
  abandoned_.push_back({std::move(writer), std::move(done)});
}

void OpenFiles::close_abandoned() {
  std::erase_if(abandoned_, [](const Abandoned& one) { return one.done->load(); });
}

void OpenFiles::for_each(
    const std::function<void(const std::string& path, const WriterStats& stats)>& visit) const {
  for (const auto& [path, writer] : writers_) {
    if (const auto open = writer.lock()) visit(path, open->stats());
  }
}

}  // namespace edge::store
