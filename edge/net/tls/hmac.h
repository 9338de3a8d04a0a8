// SHA-256 and HMAC-SHA256. Source: RFC 6234, RFC 2104, RFC 4231.
#pragma once

#include <string>
#include <string_view>

namespace edge::tls {

// 32 bytes; "" where the library fails for lack of memory.
std::string sha256(std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);

// What stands for a user's id where the id itself must not: the first 16 bytes of its HMAC, as 32
// hexadecimal digits.
std::string user_tag(std::string_view key, std::string_view user);

}  // namespace edge::tls
