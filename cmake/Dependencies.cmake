# Everything from Debian's packages. Static archives where Debian ships them, so that one file
# runs on a hub: the dynamic loader and libc are all it needs there.
find_package(Threads REQUIRED)

# Gives a copy of a C archive without the tables by which an exception would pass through it: ours
# never do, as callbacks are noexcept. Where that is not possible, the archive itself.
function(edge_without_unwinding archive out)
  set(${out} ${archive} PARENT_SCOPE)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Release" OR NOT CMAKE_OBJCOPY MATCHES "llvm-objcopy")
    return()
  endif()
  get_filename_component(file ${archive} NAME)
  set(copy ${CMAKE_BINARY_DIR}/archives/${file})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/archives)
  execute_process(COMMAND ${CMAKE_OBJCOPY} --remove-section=.eh_frame ${archive} ${copy}
    RESULT_VARIABLE failed)
  if(NOT failed)
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${archive})
    set(${out} ${copy} PARENT_SCOPE)
  endif()
endfunction()

function(edge_import name header archive)
  find_path(${name}_INCLUDE ${header} REQUIRED)
  find_library(${name}_ARCHIVE ${archive} REQUIRED)
  edge_without_unwinding(${${name}_ARCHIVE} location)
  add_library(${name} STATIC IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES
    IMPORTED_LOCATION ${location}
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${${name}_INCLUDE}
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

edge_import(dep_uv uv.h libuv_a.a Threads::Threads ${CMAKE_DL_LIBS} rt)
edge_import(dep_sqlite sqlite3.h libsqlite3.a Threads::Threads ${CMAKE_DL_LIBS} m)
edge_import(dep_mbedcrypto mbedtls/ssl.h libmbedcrypto.a)
edge_import(dep_mbedx509 mbedtls/ssl.h libmbedx509.a dep_mbedcrypto)
edge_import(dep_mbedtls mbedtls/ssl.h libmbedtls.a dep_mbedx509)
edge_import(dep_libyaml yaml.h libyaml.a)
edge_import(dep_nghttp2 nghttp2/nghttp2.h libnghttp2.a)
edge_import(dep_zlib zlib.h libz.a)

find_path(EDGE_JSON_INCLUDE nlohmann/json.hpp REQUIRED)
add_library(dep_json INTERFACE)
target_include_directories(dep_json SYSTEM INTERFACE ${EDGE_JSON_INCLUDE})

# libmosquitto is loaded when a component needs it; only its header is built against.
find_path(EDGE_MOSQUITTO_INCLUDE mosquitto.h REQUIRED)
add_library(dep_mosquitto INTERFACE)
target_include_directories(dep_mosquitto SYSTEM INTERFACE ${EDGE_MOSQUITTO_INCLUDE})
target_link_libraries(dep_mosquitto INTERFACE ${CMAKE_DL_LIBS})

# llhttp: Debian 12 has its C sources in node-llhttp, compiled in here, also for another machine;
# Debian 13 has a libllhttp instead.
set(sources PATHS /usr/share/llhttp NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
set(headers PATHS /usr/share/include/llhttp NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
find_path(EDGE_LLHTTP_SOURCE llhttp.c ${sources})
if(EDGE_LLHTTP_SOURCE)
  find_path(EDGE_LLHTTP_INCLUDE llhttp.h ${headers} REQUIRED)
  add_library(dep_llhttp STATIC ${EDGE_LLHTTP_SOURCE}/llhttp.c ${EDGE_LLHTTP_SOURCE}/api.c
    ${EDGE_LLHTTP_SOURCE}/http.c)
  target_include_directories(dep_llhttp SYSTEM PUBLIC ${EDGE_LLHTTP_INCLUDE})
  # Its callbacks are ours and may run out of memory.
  target_compile_options(dep_llhttp PRIVATE -w -fexceptions)
else()
  edge_import(dep_llhttp llhttp.h llhttp)
endif()

if(EDGE_TESTS)
  find_package(GTest REQUIRED)
endif()
