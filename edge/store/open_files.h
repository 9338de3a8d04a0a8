// The database files that this process has open: one writer each, shared by whoever needs the file.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edge/store/writer.h"

namespace edge::store {

// Several components may name the same file, and a file has one writer only. Belongs to one thread.
class OpenFiles {
 public:
  // The writer of `path`, opened if need be; paths are compared after links are resolved. For a
  // file that is open already `open_options.schema` runs as a job, so it must be fit to run inside
  // a transaction and outside; the other options are those of the first who came.
  // Errors: of Writer::open; kUnavailable while the file is being closed. Then `opened` is not
  // called.
  Result<std::shared_ptr<Writer>> open(const std::string& path, OpenOptions open_options,
                                       WriterOptions options, Writer::OnOpened opened);

  // For who does not wait for the end of its open() or of what it has submitted: does not wait
  // either, as giving up the last pointer would, perhaps for minutes. The next who opens the file
  // has it; else it is closed at a later call, or by the destructor, which waits.
  void abandon(std::shared_ptr<Writer> writer);

  // Has `progress` called while a file is salvaged, on that file's thread. Legal before any open.
  void on_progress(std::function<void()> progress) { progress_ = std::move(progress); }

  // Every file that is open now.
  void for_each(
      const std::function<void(const std::string& path, const WriterStats& stats)>& visit) const;

 private:
  struct Abandoned {
    std::shared_ptr<Writer> writer;
    std::shared_ptr<std::atomic<bool>> done;  // it has nothing to do any more
  };
  void close_abandoned();

  std::map<std::string, std::weak_ptr<Writer>> writers_;
  std::vector<Abandoned> abandoned_;
  std::function<void()> progress_;
};

}  // namespace edge::store
