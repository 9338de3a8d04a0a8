# What a preset chooses: sanitizers, tests, fuzzers; and the flags that every target gets.
set(EDGE_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize= (address,undefined or thread); empty for none")
option(EDGE_TESTS "Build the unit and conformance tests" ON)
option(EDGE_FUZZ "Build the libFuzzer targets" OFF)
option(EDGE_STATIC "Put libc into the programs as well" OFF)
option(EDGE_BENCH "Build the benchmark programs" OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror=return-type
  $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-missing-designated-field-initializers>)
add_compile_options(-fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # Tables for exceptions alone, which know their place at every call and nowhere else.
  add_compile_options(-fomit-frame-pointer -fno-asynchronous-unwind-tables)
else()
  add_compile_options(-fno-omit-frame-pointer)
endif()
add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  # Files and inode numbers over 32 bits. Time stays what the libraries' archives were built with.
  add_compile_definitions(_FILE_OFFSET_BITS=64)
endif()
include_directories(${CMAKE_SOURCE_DIR})

# No path of the machine that built it stands in a program.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Lets ccache keep precompiled headers.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
  add_link_options(-fuse-ld=lld)
endif()
# Sections that nothing refers to are left out: a hub's flash is small.
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections -Wl,-z,relro -Wl,-z,now)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Equal functions are kept once, and relocations packed (glibc 2.36 and later reads them).
  add_link_options(-Wl,-O2 -Wl,--icf=safe -Wl,-z,pack-relative-relocs)
endif()

if(EDGE_SANITIZE)
  add_compile_options(-fsanitize=${EDGE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${EDGE_SANITIZE})
endif()
if(EDGE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
