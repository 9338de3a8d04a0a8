// mbedTLS as it was compiled is mbedTLS as we were compiled against: options and the width of time
// change the sizes of its types.
#include <algorithm>
#include <cstddef>

#include <gtest/gtest.h>
#include <mbedtls/gcm.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

namespace edge::tls {
namespace {

// How many bytes the library's own initialiser clears.
template <class T>
std::size_t size_in_library(void (*initialise)(T*)) {
  constexpr std::byte kMark{0xA5};
  alignas(std::max_align_t) std::byte room[sizeof(T) + 512];
  std::ranges::fill(room, kMark);
  initialise(reinterpret_cast<T*>(room));
  const auto touched = [](std::byte byte) { return byte != kMark; };
  return static_cast<std::size_t>(std::find_if(std::rbegin(room), std::rend(room), touched).base() -
                                  std::begin(room));
}

TEST(TlsAbiTest, TheLibraryIsTheOneOfTheHeaders) {
  EXPECT_EQ(mbedtls_version_get_number(), static_cast<unsigned>(MBEDTLS_VERSION_NUMBER));
}

TEST(TlsAbiTest, TypesHaveTheLibrarysSizes) {
  EXPECT_EQ(size_in_library(mbedtls_ssl_init), sizeof(mbedtls_ssl_context));
  EXPECT_EQ(size_in_library(mbedtls_ssl_config_init), sizeof(mbedtls_ssl_config));
  EXPECT_EQ(size_in_library(mbedtls_ssl_session_init), sizeof(mbedtls_ssl_session));
  EXPECT_EQ(size_in_library(mbedtls_ssl_ticket_init), sizeof(mbedtls_ssl_ticket_context));
  EXPECT_EQ(size_in_library(mbedtls_x509_crt_init), sizeof(mbedtls_x509_crt));
  EXPECT_EQ(size_in_library(mbedtls_gcm_init), sizeof(mbedtls_gcm_context));
}

}  // namespace
}  // namespace edge::tls
