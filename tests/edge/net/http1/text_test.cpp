#include "edge/net/http1/text.h"

#include <chrono>
#include <cstdint>

#include <gtest/gtest.h>

namespace edge::http1 {
namespace {

TEST(TextTest, StatusLines) {
  std::string out;
  append_status_line(out, 200);
  append_status_line(out, 431);
  append_status_line(out, 299);
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nHTTP/1.1 431 Request Header Fields Too Large\r\nHTTP/1.1 299 \r\n");
}

TEST(TextTest, Date) {
  EXPECT_EQ(http_date(WallTime(std::chrono::seconds(784111777))), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(TextTest, ChunkLines) {
  EXPECT_EQ(ChunkLine(0).text(), "0\r\n");
  EXPECT_EQ(ChunkLine(255).text(), "ff\r\n");
  EXPECT_EQ(ChunkLine(SIZE_MAX).text(), std::string(2 * sizeof(std::size_t), 'f') + "\r\n");
}

}  // namespace
}  // namespace edge::http1
