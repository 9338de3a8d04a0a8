// Reading all rows of a statement.
#pragma once

#include <string_view>
#include <type_traits>

#include "edge/store/db.h"

namespace edge::store {

// Calls `take(row)` for each row of `sql`. One that gives a Status ends the reading with its error.
template <class Take, class... Args>
Status each_row(Db& db, std::string_view sql, Take take, const Args&... args) {
  auto rows = db.query(sql, args...);
  if (!rows) return std::move(rows).error();
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return {};
    if constexpr (std::is_void_v<std::invoke_result_t<Take&, const Statement&>>) {
      take(*rows);
    } else {
      if (auto taken = take(*rows); !taken) return taken;
    }
  }
}

}  // namespace edge::store
