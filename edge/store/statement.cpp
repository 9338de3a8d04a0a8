#include <utility>

#include "edge/store/connection.h"

namespace edge::store {
namespace {

sqlite3_destructor_type destructor(Statement::Lifetime lifetime) noexcept {
  return lifetime == Statement::Lifetime::kKept ? SQLITE_STATIC : SQLITE_TRANSIENT;
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      prepared_(std::exchange(other.prepared_, nullptr)),
      bind_error_(other.bind_error_) {}

Statement::~Statement() {
  if (prepared_ == nullptr) return;
  if (!prepared_->kept) {
    delete prepared_;
    return;
  }
  sqlite3_reset(prepared_->handle.get());
  sqlite3_clear_bindings(prepared_->handle.get());
  prepared_->leased = false;
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) return connection_->error(bind_error_);
  const int rc = sqlite3_step(prepared_->handle.get());
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  return connection_->error(rc);
}

Status Statement::finish() {
  while (true) {
    const auto row = step();
    if (!row) return row.error();
    if (!*row) return {};
  }
}

int Statement::columns() const noexcept {
  return sqlite3_column_count(prepared_->handle.get());
}

bool Statement::is_null(int column) const noexcept {
  return sqlite3_column_type(prepared_->handle.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(prepared_->handle.get(), column);
}

double Statement::real(int column) const noexcept {
  return sqlite3_column_double(prepared_->handle.get(), column);
}

std::string_view Statement::text(int column) const noexcept {
  const auto* bytes =
      static_cast<const char*>(sqlite3_column_blob(prepared_->handle.get(), column));
  const int size = sqlite3_column_bytes(prepared_->handle.get(), column);
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(size));
}

void Statement::note(int rc) noexcept {
  if (bind_error_ == SQLITE_OK) bind_error_ = rc;
}

void Statement::bind(int index, std::int64_t value) {
  note(sqlite3_bind_int64(prepared_->handle.get(), index, value));
}

void Statement::bind(int index, double value) {
  note(sqlite3_bind_double(prepared_->handle.get(), index, value));
}

void Statement::bind(int index, std::string_view text, Lifetime lifetime) {
  // A null pointer would bind NULL; an empty text is not that.
  const char* data = text.data() == nullptr ? "" : text.data();
  note(sqlite3_bind_text64(prepared_->handle.get(), index, data, text.size(), destructor(lifetime),
                           SQLITE_UTF8));
}

void Statement::bind(int index, Blob blob, Lifetime lifetime) {
  const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  note(sqlite3_bind_blob64(prepared_->handle.get(), index, data, blob.bytes.size(),
                           destructor(lifetime)));
}

void Statement::bind_null(int index) {
  note(sqlite3_bind_null(prepared_->handle.get(), index));
}

void Statement::bind_column(int index, const Statement& row, int column) {
  note(sqlite3_bind_value(prepared_->handle.get(), index,
                          sqlite3_column_value(row.prepared_->handle.get(), column)));
}

}  // namespace edge::store
