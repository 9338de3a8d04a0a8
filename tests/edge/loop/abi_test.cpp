// libuv as it was compiled is libuv as we were compiled against; threads have the stacks they need.
#include <pthread.h>
#include <sys/resource.h>

#include <gtest/gtest.h>
#include <uv.h>

#include "edge/loop/blocking.h"
#include "edge/loop/uv_loop.h"

namespace edge {
namespace {

TEST(LoopAbiTest, LibuvsTypesHaveTheLibrarysSizes) {
  EXPECT_EQ(uv_version(), static_cast<unsigned>(UV_VERSION_HEX));
  EXPECT_EQ(uv_loop_size(), sizeof(uv_loop_t));
#define EXPECT_SIZE(UPPER, lower) \
  EXPECT_EQ(uv_handle_size(UV_##UPPER), sizeof(uv_##lower##_t)) << #lower;
  UV_HANDLE_TYPE_MAP(EXPECT_SIZE)
#undef EXPECT_SIZE
#define EXPECT_SIZE(UPPER, lower) \
  EXPECT_EQ(uv_req_size(UV_##UPPER), sizeof(uv_##lower##_t)) << #lower;
  UV_REQ_TYPE_MAP(EXPECT_SIZE)
#undef EXPECT_SIZE
}

TEST(LoopAbiTest, FilesOverFourGigabytesAreOpened) {
  EXPECT_EQ(sizeof(off_t), 8U);
}

std::size_t own_stack_bytes() {
  pthread_attr_t attributes;
  std::size_t bytes = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  pthread_attr_getstacksize(&attributes, &bytes);
  pthread_attr_destroy(&attributes);
  return bytes;
}

// qemu-user takes the call and does nothing.
bool can_limit_stacks(rlimit limit) {
  const rlimit before = limit;
  limit.rlim_cur = 1U << 20U;
  setrlimit(RLIMIT_STACK, &limit);
  getrlimit(RLIMIT_STACK, &limit);
  setrlimit(RLIMIT_STACK, &before);
  return limit.rlim_cur == 1U << 20U;
}

TEST(LoopAbiTest, ThePoolsThreadsHaveAStackOfAChosenSize) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_STACK, &before), 0);
  if (!can_limit_stacks(before)) GTEST_SKIP() << "the stack's limit cannot be changed here";
  UvLoop loop;
  const auto bytes = run(loop, run_blocking<std::size_t>(loop, own_stack_bytes));
  EXPECT_GE(bytes, 512U << 10U);
  EXPECT_LE(bytes, 4U << 20U);
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_STACK, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_cur);
}

}  // namespace
}  // namespace edge
