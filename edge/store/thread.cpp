#include "edge/store/thread.h"

#include <csignal>
#include <memory>
#include <system_error>
#include <utility>

#include "edge/store/concat.h"

namespace edge::store {
namespace {

using Body = std::move_only_function<void()>;

// Sanitizers' frames are several times as large.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kStackFactor = 8;
#else
constexpr std::size_t kStackFactor = 1;
#endif

void* run_body(void* argument) {
  const std::unique_ptr<Body> body(static_cast<Body*>(argument));
  (*body)();
  return nullptr;
}

int create(pthread_t* handle, std::size_t stack_bytes, Body* body) {
  pthread_attr_t attributes;
  if (const int rc = pthread_attr_init(&attributes); rc != 0) return rc;
  int rc = pthread_attr_setstacksize(&attributes, stack_bytes * kStackFactor);
  if (rc == 0) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(handle, &attributes, run_body, body);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  pthread_attr_destroy(&attributes);
  return rc;
}

}  // namespace

Status Thread::start(const std::string& name, std::size_t stack_bytes, Body body) {
  auto owned = std::make_unique<Body>(std::move(body));
  const int rc = create(&handle_, stack_bytes, owned.get());
  if (rc != 0) {
    return Error{Code::kResourceExhausted,
                 concat("start thread ", name, ": ", std::generic_category().message(rc))};
  }
  owned.release();  // NOLINT: the thread owns it now
  running_ = true;
  pthread_setname_np(handle_, name.substr(0, 15).c_str());
  return {};
}

void Thread::join() noexcept {
  if (!running_) return;
  pthread_join(handle_, nullptr);
  running_ = false;
}

}  // namespace edge::store
