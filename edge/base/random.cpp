#include "edge/base/random.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/random.h>

namespace edge {
namespace {

void ask_kernel(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    if (got > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      std::abort();  // Ids and tokens that can be guessed are worse than no daemon.
    }
  }
}

// Bytes from the kernel, each handed out once.
struct Pool {
  std::array<std::uint8_t, 256> bytes{};
  std::size_t used = 256;

  void take(std::span<std::uint8_t> out) {
    if (bytes.size() - used < out.size()) {
      ask_kernel(bytes);
      used = 0;
    }
    std::memcpy(out.data(), bytes.data() + used, out.size());
    std::memset(bytes.data() + used, 0, out.size());
    used += out.size();
  }
};

// Source: splitmix64, Steele, Lea and Flood 2014.
std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

}  // namespace

std::uint64_t Random::next_u64() {
  std::array<std::uint8_t, 8> bytes{};
  fill(bytes);
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8U | byte;
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  // Values under the remainder of 2^64 would make the low results likelier.
  const std::uint64_t remainder = (0 - bound) % bound;
  std::uint64_t value = next_u64();
  while (value < remainder) value = next_u64();
  return value % bound;
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  thread_local Pool pool;
  if (bytes.size() > pool.bytes.size()) return ask_kernel(bytes);
  if (!bytes.empty()) pool.take(bytes);
}

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    std::uint64_t value = splitmix64(state_);
    const auto part = bytes.first(std::min<std::size_t>(bytes.size(), sizeof value));
    for (std::uint8_t& byte : part) {
      byte = static_cast<std::uint8_t>(value);
      value >>= 8U;
    }
    bytes = bytes.subspan(part.size());
  }
}

namespace {

std::string uuid_text(std::array<std::uint8_t, 16>& bytes, std::uint8_t version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | version << 4U);
  bytes[8] = (bytes[8] & 0x3FU) | 0x80U;
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  std::string text(kForm);
  std::size_t at = 0;
  for (const std::uint8_t byte : bytes) {
    if (kForm[at] == '-') ++at;
    text[at++] = kDigits[byte >> 4U];
    text[at++] = kDigits[byte & 0x0FU];
  }
  return text;
}

}  // namespace

std::string uuid_v4(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return uuid_text(bytes, 4);
}

std::string uuid_v7(Random& random, WallTime time) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  auto ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
  for (std::size_t at = 6; at-- > 0; ms >>= 8U) bytes[at] = static_cast<std::uint8_t>(ms);
  return uuid_text(bytes, 7);
}

}  // namespace edge
