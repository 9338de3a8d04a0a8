# 64-bit ARM, from ARMv8.0 on.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(EDGE_TRIPLET aarch64-linux-gnu)
set(EDGE_QEMU qemu-aarch64-static)
include(${CMAKE_CURRENT_LIST_DIR}/toolchain.cmake)
