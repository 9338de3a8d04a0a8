// A database file as a component uses it: the file's one writer, shared with whoever else needs the
// file, and a connection of its own to read with.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "components/context.h"
#include "edge/loop/completion.h"
#include "edge/store/open_files.h"

namespace edge::components {

class Database {
 public:
  // `log_scope` outlives it.
  Database(const Context& context, std::string_view log_scope)
      : loop_(context.loop),
        files_(context.files),
        component_(context.name),
        log_scope_(log_scope) {}

  // kWriterOnly: for a component that reads through its writer alone.
  enum class Reading { kOwnConnection, kWriterOnly };

  // Opens the file on the writer's thread and reports what was found. `how.now` is set here.
  // Errors: of store::Writer::open and store::Db::open; then nothing is open.
  Task<Status> open(Ctx ctx, std::string path, store::OpenOptions how, store::WriterOptions options,
                    Reading reading = Reading::kOwnConnection);
  // Waits for the writes under way, unless another component still uses the file.
  Task<void> close();

  // Legal while open; reader() with a connection of its own.
  [[nodiscard]] const std::shared_ptr<store::Writer>& writer() const noexcept { return writer_; }
  [[nodiscard]] store::Db& reader() noexcept { return *reader_; }

 private:
  Status start(const std::string& path, store::OpenOptions how, store::WriterOptions options,
               Completion<Result<store::OpenReport>>::Sender opened);
  Status open_reader(const std::string& path);
  void report(const store::OpenReport& opened) const;

  Loop& loop_;
  store::OpenFiles& files_;
  std::string component_;
  std::string_view log_scope_;
  std::shared_ptr<store::Writer> writer_;
  std::optional<store::Db> reader_;
};

}  // namespace edge::components
