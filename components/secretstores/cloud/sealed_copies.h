// SealedCopies: copies of a vendor's secrets, sealed in memory and in a database file, with the
// key that opens them.
//
// Reading is from memory; what is kept or forgotten is on the disk when answered. Values are in the
// clear only in what open() gives. One owner; all on the loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/context.h"
#include "components/database.h"
#include "components/secretstores/cloud/copy_table.h"
#include "components/secretstores/cloud/lease.h"

namespace edge::secrets {

struct CopyFiles {
  std::string database;
  std::string key;          // made where it is not there
  std::string credentials;  // systemd's folder of them; ""
};

class SealedCopies {
 public:
  static constexpr std::size_t kMostSecrets = 1024;
  static constexpr std::size_t kMostAbsences = 128;
  static constexpr std::size_t kMostBytes = std::size_t{128} << 10;  // of a secret

  struct Held {
    Copy copy;
    WallTime known_as_of;  // when it was last known to be so; the row may say an earlier time
  };
  using All = std::map<std::string, Held, std::less<>>;

  SealedCopies(const components::Context& context, std::string scope);

  // Reads what the file holds; what no key opens is dropped, with a warning. Errors: of
  // components::Database::open, KeyFileClaim::take and KeyRing::load.
  Task<Status> open(Ctx ctx, CopyFiles files);
  Task<void> close();

  [[nodiscard]] const All& all() const noexcept { return all_; }
  // Null where there is none.
  [[nodiscard]] const Held* find(std::string_view name) const;
  // By the lease's clock.
  [[nodiscard]] WallTime now() { return clock_.now(context_.loop); }
  [[nodiscard]] Duration age_of(const Held& held) { return now() - held.known_as_of; }
  // Errors: kDataLoss.
  [[nodiscard]] Result<Secret> open(const Held& held) const;

  // Takes over what was read just now. A copy that is as before is written again only after
  // `rewrite`, to spare the flash. What cannot be written is kept in memory, with a warning.
  // Errors: kResourceExhausted, naming the limit; kInternal.
  struct Reading {
    std::string name;
    CopyKind kind = CopyKind::kSecret;
    std::string version;
    Secret values;
  };
  Task<Status> keep(Reading reading, Duration rewrite);
  // Errors: the file's; then they are forgotten in memory only.
  Task<Status> forget(std::vector<std::string> names);
  // Has the disk know the time.
  Task<void> note_clock();

 private:
  Task<Status> load_keys(Ctx ctx, CopyFiles files);
  Task<void> settle(std::vector<Copy> copies);
  [[nodiscard]] Status check_room(const Reading& reading) const;
  [[nodiscard]] Result<Copy> seal(const Reading& reading, WallTime read) const;
  [[nodiscard]] bool is_as_before(const Held& held, const Reading& reading) const;
  void make_room_for_absence(std::vector<std::string>& dropped);
  Task<Status> write(std::vector<Copy> copies, std::vector<std::string> removed);
  template <class T>
  Task<Result<T>> on_writer(Ctx ctx, std::function<Result<T>(store::Db&)> work);

  components::Context context_;
  components::Database database_;
  std::shared_ptr<const CopyTable> table_;  // shared with work on the writer
  std::optional<KeyFileClaim> claim_;
  KeyRingPtr ring_;
  LeaseClock clock_;
  All all_;
};

}  // namespace edge::secrets
