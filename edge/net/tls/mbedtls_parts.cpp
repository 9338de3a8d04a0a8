// Parts of mbedTLS that no connection here uses: the certificates of its self-test; ciphers and
// digests that context.cpp offers to nobody; keys that are encrypted with a password; its own log.
//
// mbedTLS's tables name them; what is found here instead of in its archive is not linked from
// there. Weak, for archives that are made of one piece. Source: mbedTLS 2.28, x509.c
// (mbedtls_x509_self_test), cipher_wrap.c, md.c, pem.c, pkparse.c, debug.h.
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

// MBEDTLS_ERR_PLATFORM_FEATURE_UNSUPPORTED, whatever the function.
int edge_left_out_of_mbedtls() {
  return -0x0072;
}

#define EDGE_LEFT_OUT [[gnu::weak, gnu::alias("edge_left_out_of_mbedtls")]] int

// Camellia, Blowfish, RC4, DES and CCM.
EDGE_LEFT_OUT mbedtls_camellia_init();
EDGE_LEFT_OUT mbedtls_camellia_free();
EDGE_LEFT_OUT mbedtls_camellia_setkey_enc();
EDGE_LEFT_OUT mbedtls_camellia_setkey_dec();
EDGE_LEFT_OUT mbedtls_camellia_crypt_ecb();
EDGE_LEFT_OUT mbedtls_camellia_crypt_cbc();
EDGE_LEFT_OUT mbedtls_camellia_crypt_cfb128();
EDGE_LEFT_OUT mbedtls_camellia_crypt_ctr();
EDGE_LEFT_OUT mbedtls_blowfish_init();
EDGE_LEFT_OUT mbedtls_blowfish_free();
EDGE_LEFT_OUT mbedtls_blowfish_setkey();
EDGE_LEFT_OUT mbedtls_blowfish_crypt_ecb();
EDGE_LEFT_OUT mbedtls_blowfish_crypt_cbc();
EDGE_LEFT_OUT mbedtls_blowfish_crypt_cfb64();
EDGE_LEFT_OUT mbedtls_blowfish_crypt_ctr();
EDGE_LEFT_OUT mbedtls_arc4_init();
EDGE_LEFT_OUT mbedtls_arc4_free();
EDGE_LEFT_OUT mbedtls_arc4_setup();
EDGE_LEFT_OUT mbedtls_arc4_crypt();
EDGE_LEFT_OUT mbedtls_des_init();
EDGE_LEFT_OUT mbedtls_des_free();
EDGE_LEFT_OUT mbedtls_des_setkey_enc();
EDGE_LEFT_OUT mbedtls_des_setkey_dec();
EDGE_LEFT_OUT mbedtls_des_crypt_ecb();
EDGE_LEFT_OUT mbedtls_des_crypt_cbc();
EDGE_LEFT_OUT mbedtls_des3_init();
EDGE_LEFT_OUT mbedtls_des3_free();
EDGE_LEFT_OUT mbedtls_des3_set2key_enc();
EDGE_LEFT_OUT mbedtls_des3_set2key_dec();
EDGE_LEFT_OUT mbedtls_des3_set3key_enc();
EDGE_LEFT_OUT mbedtls_des3_set3key_dec();
EDGE_LEFT_OUT mbedtls_des3_crypt_ecb();
EDGE_LEFT_OUT mbedtls_des3_crypt_cbc();
EDGE_LEFT_OUT mbedtls_ccm_init();
EDGE_LEFT_OUT mbedtls_ccm_free();
EDGE_LEFT_OUT mbedtls_ccm_setkey();
EDGE_LEFT_OUT mbedtls_ccm_encrypt_and_tag();
EDGE_LEFT_OUT mbedtls_ccm_auth_decrypt();

// RIPEMD-160, MD2 and MD4.
EDGE_LEFT_OUT mbedtls_ripemd160_init();
EDGE_LEFT_OUT mbedtls_ripemd160_free();
EDGE_LEFT_OUT mbedtls_ripemd160_clone();
EDGE_LEFT_OUT mbedtls_ripemd160_starts_ret();
EDGE_LEFT_OUT mbedtls_ripemd160_update_ret();
EDGE_LEFT_OUT mbedtls_ripemd160_finish_ret();
EDGE_LEFT_OUT mbedtls_ripemd160_ret();
EDGE_LEFT_OUT mbedtls_internal_ripemd160_process();
EDGE_LEFT_OUT mbedtls_md2_init();
EDGE_LEFT_OUT mbedtls_md2_free();
EDGE_LEFT_OUT mbedtls_md2_clone();
EDGE_LEFT_OUT mbedtls_md2_starts_ret();
EDGE_LEFT_OUT mbedtls_md2_update_ret();
EDGE_LEFT_OUT mbedtls_md2_finish_ret();
EDGE_LEFT_OUT mbedtls_md2_ret();
EDGE_LEFT_OUT mbedtls_internal_md2_process();
EDGE_LEFT_OUT mbedtls_md4_init();
EDGE_LEFT_OUT mbedtls_md4_free();
EDGE_LEFT_OUT mbedtls_md4_clone();
EDGE_LEFT_OUT mbedtls_md4_starts_ret();
EDGE_LEFT_OUT mbedtls_md4_update_ret();
EDGE_LEFT_OUT mbedtls_md4_finish_ret();
EDGE_LEFT_OUT mbedtls_md4_ret();
EDGE_LEFT_OUT mbedtls_internal_md4_process();

// Keys under a password.
EDGE_LEFT_OUT mbedtls_pkcs12_pbe();
EDGE_LEFT_OUT mbedtls_pkcs12_pbe_sha1_rc4_128();
EDGE_LEFT_OUT mbedtls_pkcs5_pbes2();

// The log.
EDGE_LEFT_OUT mbedtls_debug_print_msg();
EDGE_LEFT_OUT mbedtls_debug_print_ret();
EDGE_LEFT_OUT mbedtls_debug_print_buf();
EDGE_LEFT_OUT mbedtls_debug_print_mpi();
EDGE_LEFT_OUT mbedtls_debug_print_crt();
EDGE_LEFT_OUT mbedtls_debug_printf_ecdh();

#undef EDGE_LEFT_OUT

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
