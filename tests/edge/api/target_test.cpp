#include "edge/api/http/target.h"

#include <gtest/gtest.h>

namespace edge::api {
namespace {

TEST(Target, CleansThePathAndKeepsTheQuery) {
  const std::pair<const char*, const char*> cases[] = {
      {"/v1.0/state/s", "/v1.0/state/s"},
      {"/v1.0//state/./s/", "/v1.0/state/s"},
      {"/a/../b", "/b"},
      {"/../..", "/"},
      {"/", "/"},
      {"http://host:1/x/y", "/x/y"},
      {"http://host", "/"},
      {"*", "/*"},
  };
  for (const auto& [raw, path] : cases) EXPECT_EQ(parse_target(raw).path(), path) << raw;
  const auto target = parse_target("/a//b?x=/../&y");
  EXPECT_EQ(target.path(), "/a/b");
  EXPECT_EQ(target.raw_path, "/a//b");
  EXPECT_EQ(target.query, "x=/../&y");
}

}  // namespace
}  // namespace edge::api
