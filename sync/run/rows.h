// What the tables of sync/run share: reading rows, and the values that several columns make.
#pragma once

#include <optional>
#include <string>

#include "edge/store/db.h"
#include "sync/core/records.h"

namespace edge::sync::table {

// Calls `take` for each row until it gives an error.
template <class Take, class... Args>
Status each_row(store::Db& db, std::string_view sql, Take take, const Args&... args) {
  auto rows = db.query(sql, args...);
  if (!rows) return std::move(rows).error();
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return {};
    if (auto taken = take(*rows); !taken) return taken;
  }
}

// From two columns.
inline Lane lane_at(const store::Statement& row, int column) {
  return {std::string(row.text(column)), static_cast<std::uint64_t>(row.integer(column + 1))};
}
inline Number number_at(const store::Statement& row, int column) {
  return {static_cast<std::uint32_t>(row.integer(column)),
          static_cast<std::uint64_t>(row.integer(column + 1))};
}

inline HubTime span_at(const store::Statement& row, int column) {
  return HubTime(row.integer(column));
}

// Wall times stand in milliseconds.
inline std::optional<WallTime> wall_at(const store::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return WallTime(std::chrono::milliseconds(row.integer(column)));
}
inline std::optional<std::int64_t> to_column(const std::optional<WallTime>& time) {
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::milliseconds>(time->time_since_epoch()).count();
}

}  // namespace edge::sync::table
