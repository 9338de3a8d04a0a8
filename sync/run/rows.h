// What the tables of sync/run share: reading rows, and the values that several columns make.
#pragma once

#include <optional>
#include <string>

#include "edge/store/rows.h"
#include "sync/core/records.h"

namespace edge::sync::table {

using store::each_row;

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
