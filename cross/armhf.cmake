# 32-bit ARM with Debian's baseline: ARMv7-A, Thumb, a VFP of 16 registers, no NEON.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(EDGE_TRIPLET arm-linux-gnueabihf)
# The processor that such boards have; qemu's default would run what they cannot.
set(EDGE_QEMU qemu-arm-static -cpu cortex-a7)
set(baseline "-march=armv7-a -mfpu=vfpv3-d16 -mthumb")
set(CMAKE_C_FLAGS_INIT ${baseline})
set(CMAKE_CXX_FLAGS_INIT "${baseline} -Wno-psabi")
include(${CMAKE_CURRENT_LIST_DIR}/toolchain.cmake)
