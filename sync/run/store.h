// Store: the database of the sync machines.
//
// What they ask for is carried out by the file's one writer and answered in the order in which it
// was given, on the loop and never from within a call. What is committed survives a power cut when
// it is answered. The file may be shared with others. Loop thread; closed before it goes away.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "edge/loop/completion.h"
#include "edge/loop/sync.h"
#include "edge/store/open_files.h"
#include "sync/core/actions.h"
#include "sync/run/survey.h"

namespace edge::sync {

class StoreOwner {
 public:
  virtual ~StoreOwner() = default;
  // Committed, Loaded, Scanned or ReplyLoaded.
  virtual void answered(Event event) = 0;
  // The file was damaged, and made anew of what could be read of it. What was asked for is not done
  // and not answered, now and later, until Store::reopen().
  virtual void replaced() = 0;
};

struct StoreOptions {
  std::string path;
  store::OpenOptions how;  // `schema` and `now` are set by Store
  store::WriterOptions writer;
};

class Store {
 public:
  Store(Loop& loop, store::OpenFiles& files, StoreOwner& owner);
  ~Store();

  // Errors: of store::OpenFiles::open and of the tables; kCancelled, kDeadlineExceeded. Then it is
  // not open, and may be tried again. A damaged file takes long: see store::open_file.
  Task<Result<Stored>> open(Ctx ctx, StoreOptions options);
  // What a file that was replaced holds. Errors: of the tables; kCancelled, kDeadlineExceeded. Then
  // it may be tried again.
  Task<Result<Stored>> reopen(Ctx ctx);
  // Waits for what is under way; its answers come no more.
  Task<void> close();

  // Legal while open.
  void run(Commit commit);
  void run(const Load& load);
  void run(const Scan& scan);
  void run(LoadReply load);
  // What waits, looked at beside all else. Errors: of the tables; kCancelled, kDeadlineExceeded.
  Task<Result<Survey>> survey(Ctx ctx);

 private:
  struct Turn;
  struct Turns;
  using Opening = Completion<Result<store::OpenReport>>;

  Status open_file(StoreOptions options, Opening::Sender opened);
  template <class T>
  Task<Result<T>> read(Ctx ctx, Result<T> (*look)(store::Db&));
  void submit(std::shared_ptr<Turn> turn, store::Writer::Job job, std::size_t size_bytes);
  Task<void> release_writer();

  Loop& loop_;
  store::OpenFiles& files_;
  std::shared_ptr<Turns> turns_;  // shared with the writer's thread
  std::shared_ptr<store::Writer> writer_;
  std::int64_t salvage_ = 0;  // the file's number when it was read
};

}  // namespace edge::sync
