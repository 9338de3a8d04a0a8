// A database file as a component uses it: the file's one writer, shared with whoever else needs the
// file, and a connection of its own to read with.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "components/context.h"
#include "edge/loop/completion.h"
#include "edge/store/open_files.h"

namespace edge::components {

// kWriterOnly: for a component that reads through its writer alone.
enum class Reading { kOwnConnection, kWriterOnly };

struct DatabaseOptions {
  std::string path;
  store::OpenOptions how;  // `now` is set by Database
  store::WriterOptions writer;
  Reading reading = Reading::kOwnConnection;
  // Run on each connection that only reads.
  std::function<Status(store::Db&)> prepare_reader;
};

// What a schema reads of a file for its component: the schema runs on several threads, perhaps more
// than once, and what it found before the component took it counts.
template <class Content>
class Found {
 public:
  void put(Content content) {
    const std::lock_guard lock(mutex_);
    if (!taken_) content_ = std::move(content);
  }
  Content take() {
    const std::lock_guard lock(mutex_);
    taken_ = true;
    return std::exchange(content_, {});
  }

 private:
  std::mutex mutex_;
  Content content_;
  bool taken_ = false;
};

class Database {
 public:
  explicit Database(const Context& context) : loop_(context.loop), files_(context.files) {}

  // Opens the file on the writer's thread.
  // Errors: of store::Writer::open and store::Db::open; then nothing is open.
  Task<Status> open(Ctx ctx, DatabaseOptions options);
  // Waits for the writes under way, unless another component still uses the file.
  Task<void> close();

  // Legal while open.
  [[nodiscard]] const std::shared_ptr<store::Writer>& writer() const noexcept { return writer_; }
  [[nodiscard]] bool has_reader() const noexcept {
    return options_.reading == Reading::kOwnConnection;
  }

  // What `work` gives when run on the component's own connection, which is opened again where the
  // file was. Damage that it meets has the file repaired. Legal with has_reader().
  template <class Work>
  std::invoke_result_t<const Work&, store::Db&> read(const Work& work) {
    if (auto ready = refresh(); !ready) return std::move(ready).error();
    auto value = work(*reader_);
    if (!value) note_failure();
    if (writer_->standing_by()) drop_reader();
    return value;
  }

  // A statement of `work` that is left here, in the middle of its rows, keeps the state of the file
  // that it reads: other statements then see the same, and need not ask for the last one. To be
  // cleared in the same turn of the loop, so that an answer to a write and what it wrote are not
  // seen the other way round, and the log can be begun anew.
  [[nodiscard]] std::optional<store::Statement>& held() noexcept { return held_; }

 private:
  // Opens the own connection where there is none, and again where the file was opened again.
  Status refresh();
  Status start(store::OpenOptions how, Completion<Result<store::OpenReport>>::Sender opened);
  Status open_reader();
  void drop_reader() noexcept;
  void note_failure();

  Loop& loop_;
  store::OpenFiles& files_;
  DatabaseOptions options_;
  std::shared_ptr<store::Writer> writer_;
  std::optional<store::Db> reader_;
  std::optional<store::Statement> held_;  // of the reader
  std::uint32_t generation_ = 0;          // of the writer when the reader was opened
};

}  // namespace edge::components
