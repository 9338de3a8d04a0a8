# Cross-compiles with clang 19 for another architecture of Debian; arm64.cmake and armhf.cmake set
# EDGE_TRIPLET, EDGE_QEMU and what else differs, and include this.
#
# EDGE_SYSROOT (option or environment) is a folder with that architecture's libraries, as
# ./dev cross makes it. Without it they are installed on this machine, beside its own (multiarch).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET ${EDGE_TRIPLET})
set(CMAKE_CXX_COMPILER_TARGET ${EDGE_TRIPLET})
set(CMAKE_LIBRARY_ARCHITECTURE ${EDGE_TRIPLET})
# CMake's own trial programs need a linker for that architecture as well.
foreach(kind EXE SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS_INIT -fuse-ld=lld)
endforeach()

if(NOT EDGE_SYSROOT AND DEFINED ENV{EDGE_SYSROOT})
  set(EDGE_SYSROOT $ENV{EDGE_SYSROOT})
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EDGE_SYSROOT)
if(EDGE_SYSROOT)
  set(CMAKE_SYSROOT ${EDGE_SYSROOT})
  foreach(kind LIBRARY INCLUDE PACKAGE)
    set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
  endforeach()
  # The path of libraries, as qemu 7.2 does not look for 32-bit folders (statx) in the sysroot.
  set(libraries ${EDGE_SYSROOT}/lib/${EDGE_TRIPLET}:${EDGE_SYSROOT}/usr/lib/${EDGE_TRIPLET})
  list(APPEND EDGE_QEMU -L ${EDGE_SYSROOT} -E LD_LIBRARY_PATH=${libraries})
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_CROSSCOMPILING_EMULATOR ${EDGE_QEMU})
