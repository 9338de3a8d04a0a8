// What a program says that ends by an exception nobody caught.
//
// Stands in for libstdc++'s handler of this name, whose unmangler of type names is 45 KB.
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace __gnu_cxx {

void __verbose_terminate_handler() {  // NOLINT(bugprone-reserved-identifier)
  const char* what = "no exception is under way";
  try {
    if (std::current_exception()) std::rethrow_exception(std::current_exception());
  } catch (const std::exception& thrown) {
    std::fprintf(stderr, "edge: terminated by an exception: %s\n", thrown.what());
    std::abort();
  } catch (...) {
    what = "of a type that is no std::exception";
  }
  std::fprintf(stderr, "edge: terminated: %s\n", what);
  std::abort();
}

}  // namespace __gnu_cxx
