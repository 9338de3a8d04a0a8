// The certificates that only mbedTLS's self-test reads: what is found here instead of in its
// archive is not linked from there. Weak, for archives that are made of one piece.
// Source: mbedTLS 2.28, x509.c, mbedtls_x509_self_test.
#include <cstddef>

// NOLINTBEGIN(readability-identifier-naming)
extern "C" {

extern const char mbedtls_test_ca_crt[];
extern const std::size_t mbedtls_test_ca_crt_len;
extern const char mbedtls_test_cli_crt[];
extern const std::size_t mbedtls_test_cli_crt_len;

[[gnu::weak]] const char mbedtls_test_ca_crt[] = "";
[[gnu::weak]] const std::size_t mbedtls_test_ca_crt_len = 0;
[[gnu::weak]] const char mbedtls_test_cli_crt[] = "";
[[gnu::weak]] const std::size_t mbedtls_test_cli_crt_len = 0;

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
