// One SQLite connection with its prepared statements, and its errors in the project's terms.
//
// A connection belongs to one thread at a time. At most one kReadWrite connection may be open for a
// file at any moment (Writer owns it): the SQLite that Debian 12 ships can damage a file that two
// connections write or checkpoint at once. Any number of kReadOnly ones may read beside it.
// Errors of every call: kResourceExhausted (disk or quota full), kUnavailable (busy, input/output
// error: try again), kDataLoss (the file is damaged), kFailedPrecondition (it cannot be written),
// kAlreadyExists (a unique key is taken), kInvalidArgument (another constraint), kInternal (a bug
// in the SQL).
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/base/result.h"
#include "edge/store/db_options.h"

struct sqlite3;
struct sqlite3_stmt;

namespace edge::store {

namespace detail {
struct Connection;
struct Prepared;
}  // namespace detail

// Marks an argument as bytes; text arguments are UTF-8.
struct Blob {
  std::string_view bytes;
};

// A prepared statement on loan from its connection, which must outlive it. Giving it back (the
// destructor) ends its read, so a lease is short.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Moves to the next row; false after the last.
  Result<bool> step();
  // Runs to the end; rows are skipped.
  Status finish();

  [[nodiscard]] int columns() const noexcept;
  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] double real(int column) const noexcept;
  // Text or bytes of the row; valid until the next step.
  [[nodiscard]] std::string_view text(int column) const noexcept;

  // Whose memory a bound text is: kKept outlives the statement's run, kCopied need not.
  enum class Lifetime { kKept, kCopied };

  void bind(int index, std::int64_t value);
  void bind(int index, double value);
  void bind(int index, std::string_view text, Lifetime lifetime);
  void bind(int index, Blob blob, Lifetime lifetime);
  void bind_null(int index);
  // The value in a row of another statement, with its own type.
  void bind_column(int index, const Statement& row, int column);

 private:
  friend class Db;
  Statement(detail::Connection* connection, detail::Prepared* prepared) noexcept
      : connection_(connection), prepared_(prepared) {}
  void note(int rc) noexcept;

  detail::Connection* connection_;
  detail::Prepared* prepared_;
  int bind_error_ = 0;
};

class Db {
 public:
  // `path` is a file, or ":memory:". A file that is made, and those that SQLite puts beside it, are
  // for their owner only. Errors: as above, with the path's last name in the message.
  static Result<Db> open(const std::string& path, const DbOptions& options = {});
  Db(Db&&) noexcept;
  Db& operator=(Db&&) noexcept;
  ~Db();

  // A statement with its arguments bound in order: integers, double, text, Blob, std::nullopt,
  // std::optional of these. Text is copied. Statements are kept by their SQL, so the SQL is one
  // of a fixed set of texts.
  template <class... Args>
  Result<Statement> query(std::string_view sql, const Args&... args) {
    return prepare_and_bind(sql, Statement::Lifetime::kCopied, args...);
  }

  // The same for texts that outlive the statement.
  template <class... Args>
  Result<Statement> query_kept(std::string_view sql, const Args&... args) {
    return prepare_and_bind(sql, Statement::Lifetime::kKept, args...);
  }

  // Runs a statement to its end.
  template <class... Args>
  Status run(std::string_view sql, const Args&... args) {
    auto statement = prepare_and_bind(sql, Statement::Lifetime::kKept, args...);
    if (!statement) return std::move(statement).error();
    return statement->finish();
  }

  // First column of the first row; nothing where there is no row.
  template <class... Args>
  Result<std::optional<std::int64_t>> integer(std::string_view sql, const Args&... args) {
    auto statement = prepare_and_bind(sql, Statement::Lifetime::kKept, args...);
    if (!statement) return std::move(statement).error();
    return first_integer(*statement);
  }

  // Runs several statements separated by semicolons, without arguments and without keeping them.
  Status script(const std::string& sql);

  // Rows that the last statement inserted, changed or deleted; and all since the connection opened.
  [[nodiscard]] std::int64_t changes() const noexcept;
  [[nodiscard]] std::int64_t total_changes() const noexcept;
  [[nodiscard]] bool in_transaction() const noexcept;

  // What kind of failure the last failed call met, until clear_failure().
  enum class Failure : std::uint8_t { kNone, kFull, kDamaged, kInputOutput, kReadOnly, kOther };
  [[nodiscard]] Failure failure() const noexcept;
  void clear_failure() noexcept;

  // Bytes in the write-ahead log after the last commit, as far as they are not checkpointed.
  [[nodiscard]] std::int64_t wal_bytes() const noexcept;
  // kPassive copies what no reader needs; kTruncate waits a moment for readers and then empties the
  // log. Legal on the read-write connection outside of a transaction.
  enum class Checkpoint { kPassive, kTruncate };
  Status checkpoint(Checkpoint mode);

  // kFrozen: the file grows no further than it is now; kQuota: up to the quota it was opened with.
  enum class Growth { kFrozen, kQuota };
  Status set_growth(Growth growth);

  // Makes `fn` an SQL function of one text, for schemas that name it.
  Status define(const std::string& name, std::string (*fn)(std::string_view));

  // Has commits wait for the disk from now on; what Creation::kUnsynced puts off.
  Status end_creation();
  // Waits until the disk has the file, as far as it was written, and its name in the folder. A file
  // made with Creation::kUnsynced may be lost by a power cut before, with every commit in its log.
  Status sync();

  // Thread-safe. The statement that runs now ends with kCancelled, or gives a wrong last row.
  void interrupt() noexcept;

  [[nodiscard]] const std::string& path() const noexcept;
  [[nodiscard]] bool in_memory() const noexcept;

 private:
  explicit Db(std::unique_ptr<detail::Connection> connection) noexcept;

  Result<Statement> prepare(std::string_view sql);
  static Result<std::optional<std::int64_t>> first_integer(Statement& statement);

  template <class T>
  static void bind_one(Statement& statement, int index, const T& value,
                       Statement::Lifetime lifetime) {
    if constexpr (std::same_as<T, std::nullopt_t>) {
      statement.bind_null(index);
    } else if constexpr (std::integral<T>) {
      statement.bind(index, static_cast<std::int64_t>(value));
    } else if constexpr (std::floating_point<T>) {
      statement.bind(index, static_cast<double>(value));
    } else if constexpr (std::same_as<T, Blob>) {
      statement.bind(index, value, lifetime);
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
      statement.bind(index, std::string_view(value), lifetime);
    } else if (value) {
      bind_one(statement, index, *value, lifetime);
    } else {
      statement.bind_null(index);
    }
  }

  template <class... Args>
  Result<Statement> prepare_and_bind(std::string_view sql, Statement::Lifetime lifetime,
                                     const Args&... args) {
    auto statement = prepare(sql);
    if (!statement) return statement;
    int index = 0;
    (bind_one(*statement, ++index, args, lifetime), ...);
    return statement;
  }

  std::unique_ptr<detail::Connection> connection_;
};

}  // namespace edge::store
