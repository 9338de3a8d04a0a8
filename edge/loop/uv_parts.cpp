// Parts of libuv that no handle here is of: files, UDP, processes, terminals.
//
// libuv names them where it closes a handle of any kind; what is found here instead of in its
// archive is not linked from there, and never called. Weak, for archives that are made of one
// piece. Source: libuv 1.44, core.c (uv_close, uv__finish_close), uv-common.c, stream.c, pipe.c.
#include <uv.h>

// NOLINTBEGIN(readability-identifier-naming)
extern "C" {

[[gnu::weak]] void uv__fs_poll_close() {}
[[gnu::weak]] void uv__process_close() {}

[[gnu::weak]] uv_handle_type uv_guess_handle(uv_file /*file*/) {
  return UV_UNKNOWN_HANDLE;
}

[[gnu::weak]] void uv__udp_close() {}
[[gnu::weak]] void uv__udp_finish_close() {}
[[gnu::weak]] int uv__udp_init_ex() {
  return UV_ENOTSUP;
}
[[gnu::weak]] int uv__udp_bind() {
  return UV_ENOTSUP;
}
[[gnu::weak]] int uv__udp_connect() {
  return UV_ENOTSUP;
}
[[gnu::weak]] int uv__udp_disconnect() {
  return UV_ENOTSUP;
}
[[gnu::weak]] int uv__udp_send() {
  return UV_ENOTSUP;
}
[[gnu::weak]] int uv__udp_try_send() {
  return UV_ENOTSUP;
}
[[gnu::weak]] int uv__udp_recv_start() {
  return UV_ENOTSUP;
}
[[gnu::weak]] int uv__udp_recv_stop() {
  return UV_ENOTSUP;
}
[[gnu::weak]] int uv_udp_open(uv_udp_t* /*handle*/, uv_os_sock_t /*socket*/) {
  return UV_ENOTSUP;
}
[[gnu::weak]] int uv_udp_getpeername(const uv_udp_t* /*handle*/, sockaddr* /*name*/,
                                     int* /*size*/) {
  return UV_ENOTSUP;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
