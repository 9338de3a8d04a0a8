# One static library a layer, with its sources listed; it can only use what it links.

# edge_cold(target): a release builds it for size above all.
function(edge_cold name)
  set(flag -Oz)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set(flag -Os)
  endif()
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:${flag}>)
endfunction()

# A release's unwinding tables say what is true at calls, which an exception needs, and no more.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  find_package(Python3 COMPONENTS Interpreter)
endif()
if(Python3_FOUND)
  set(slim_unwinding ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/slim_unwinding.py)
  list(JOIN slim_unwinding " " command)
  set(CMAKE_CXX_ARCHIVE_FINISH "<CMAKE_RANLIB> <TARGET>" "${command} <TARGET>")
endif()

# edge_layer(name [COLD] SOURCES a.cpp ... [HOT b.cpp ...] LINKS other ...)
# COLD: runs at the start or rarely, but for the sources that are HOT.
function(edge_layer name)
  cmake_parse_arguments(ARG "COLD" "" "SOURCES;HOT;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  if(ARG_COLD)
    if(ARG_HOT)
      set_source_files_properties(${ARG_HOT} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-O2>)
    endif()
    edge_cold(${name})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINKS})
endfunction()

# edge_program(name OUTPUT file SOURCES ... LINKS ...)
function(edge_program name)
  cmake_parse_arguments(ARG "" "OUTPUT" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  if(slim_unwinding)
    add_custom_command(TARGET ${name} PRE_LINK COMMAND_EXPAND_LISTS
      COMMAND ${slim_unwinding} $<TARGET_OBJECTS:${name}>)
  endif()
  if(EDGE_STATIC)
    target_link_options(${name} PRIVATE -static-pie)
  elseif(NOT EDGE_SANITIZE)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  if(ARG_OUTPUT)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${ARG_OUTPUT})
  endif()
endfunction()

# edge_side_by_side(target file): puts the functions that the file names into the program first, in
# that order.
function(edge_side_by_side name file)
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_link_options(${name} PRIVATE -Wl,--symbol-ordering-file=${file}
      -Wl,--no-warn-symbol-ordering)
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${file})
  endif()
endfunction()

add_custom_target(thread_tests)
add_custom_target(fuzzers)

# What nearly every test includes, compiled once for all of them.
if(EDGE_TESTS)
  add_library(edge_test_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/test_pch.cpp)
  target_link_libraries(edge_test_pch PRIVATE GTest::gtest GTest::gmock)
  target_precompile_headers(edge_test_pch PRIVATE <gmock/gmock.h> <gtest/gtest.h> <functional>
    <memory> <string> <vector>)
endif()

# edge_test(name [THREADS] SOURCES ... LINKS ...): a GoogleTest program, registered as one ctest test.
# THREADS: what it tests runs on more than the loop's thread; the target thread_tests builds these.
function(edge_test name)
  cmake_parse_arguments(ARG "THREADS" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM edge_test_pch)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set(limit 300)
  if(CMAKE_CROSSCOMPILING_EMULATOR)
    set(limit 1800)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${limit})
  if(ARG_THREADS)
    set_tests_properties(${name} PROPERTIES LABELS threads)
    add_dependencies(thread_tests ${name})
  endif()
endfunction()

# edge_fuzzer(name SOURCES ... LINKS ...): a libFuzzer program, built where EDGE_FUZZ is on.
function(edge_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  if(NOT EDGE_FUZZ)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  add_dependencies(fuzzers ${name})
endfunction()
