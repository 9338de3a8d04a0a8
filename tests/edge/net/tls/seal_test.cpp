#include "edge/net/tls/seal.h"

#include <cstdio>
#include <fstream>
#include <sys/mman.h>
#include <type_traits>

#include <gtest/gtest.h>

#include "edge/base/strings.h"

namespace edge::tls {
namespace {

using Parts = std::vector<std::string_view>;

const Parts kPlace = {"secretstore", "db", "1"};

std::string counting(std::size_t first, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(first + i);
  return text;
}

SecretBytes key() {
  return SecretBytes::copy_of(counting(0, kSealKeyBytes));
}

bool opens(const SecretBytes& with, const Sealed& sealed, const Parts& parts) {
  const auto plain = open(with, sealed, parts);
  if (!plain) {
    EXPECT_EQ(plain.error().code, Code::kDataLoss);
  }
  return plain.has_value();
}

// The answers come from Python's hmac and cryptography.
TEST(Seal, HasKnownAnswers) {
  const Sealed with{counting(0x40, 16), counting(0x60, 12), "", ""};
  const auto sealed = seal_with(key(), "pass", kPlace, with);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(hex_encode(sealed->ciphertext), "9f48e04d");
  EXPECT_EQ(hex_encode(sealed->tag), "4a244382021798b5257be13b6f49ae58");
  const auto empty = seal_with(key(), "", kPlace, with);
  ASSERT_TRUE(empty);
  EXPECT_EQ(hex_encode(empty->tag), "77326183559f103ac022d74cfeb06022");
  EXPECT_TRUE(opens(key(), *empty, kPlace));
  EXPECT_EQ(key_id(key()), "bf95c038fe6daf7a");
}

TEST(Seal, GivesBackWhatWasSealed) {
  const std::string plain = counting(0, 256) + std::string(100'000, 'x');
  const auto first = seal(key(), plain, kPlace);
  const auto second = seal(key(), plain, kPlace);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->salt, second->salt);
  EXPECT_NE(first->nonce, second->nonce);
  EXPECT_NE(first->ciphertext, second->ciphertext);
  const auto opened = open(key(), *first, kPlace);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->view(), plain);
}

TEST(Seal, EveryFlippedBitIsSeen) {
  const auto sealed = seal(key(), "pass", kPlace);
  ASSERT_TRUE(sealed);
  for (std::string Sealed::* part :
       {&Sealed::salt, &Sealed::nonce, &Sealed::ciphertext, &Sealed::tag}) {
    for (std::size_t bit = 0; bit < ((*sealed).*part).size() * 8; ++bit) {
      Sealed changed = *sealed;
      (changed.*part)[bit / 8] ^= static_cast<char>(1 << bit % 8);
      EXPECT_FALSE(opens(key(), changed, kPlace)) << bit;
    }
  }
}

TEST(Seal, APartOfItDoesNotOpen) {
  const auto sealed = seal(key(), "pass", kPlace);
  ASSERT_TRUE(sealed);
  for (std::string Sealed::* part :
       {&Sealed::salt, &Sealed::nonce, &Sealed::ciphertext, &Sealed::tag}) {
    Sealed shorter = *sealed;
    (shorter.*part).pop_back();
    EXPECT_FALSE(opens(key(), shorter, kPlace));
    Sealed none = *sealed;
    (none.*part).clear();
    EXPECT_FALSE(opens(key(), none, kPlace));
  }
}

TEST(Seal, IsBoundToItsPlaceAndKey) {
  const auto sealed = seal(key(), "pass", kPlace);
  ASSERT_TRUE(sealed);
  EXPECT_TRUE(opens(key(), *sealed, kPlace));
  EXPECT_FALSE(opens(key(), *sealed, {"secretstore", "db", "2"}));
  EXPECT_FALSE(opens(key(), *sealed, {"secretstor", "edb", "1"}));
  EXPECT_FALSE(opens(key(), *sealed, {"secretstore", "db1"}));
  EXPECT_FALSE(opens(key(), *sealed, {}));
  const SecretBytes other = SecretBytes::random(kSealKeyBytes);
  EXPECT_NE(key_id(other), key_id(key()));
  EXPECT_FALSE(opens(other, *sealed, kPlace));
  EXPECT_EQ(open(SecretBytes(16), *sealed, kPlace).error().code, Code::kInternal);
}

// The flags of the mapping that holds `address`, as the kernel tells them.
std::string flags_of(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<unsigned long>(address);
  bool found = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    const bool is_head = std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2;
    if (is_head) found = begin <= wanted && wanted < end;
    if (found && line.starts_with("VmFlags:")) return line;
  }
  return "";
}

bool is_left_out(const void* address) {
  return flags_of(address).contains(" dd");
}

// qemu-user takes the call and does nothing, or tells no flags.
bool can_be_left_out() {
  constexpr std::size_t kPage = 4096;
  void* page = ::mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  const bool can = ::madvise(page, kPage, MADV_DONTDUMP) == 0 && is_left_out(page);
  ::munmap(page, kPage);
  return can;
}

TEST(SecretBytes, MoveAndAreKeptOutOfCoreDumps) {
  static_assert(!std::is_copy_constructible_v<SecretBytes>);
  SecretBytes first = SecretBytes::copy_of("pass");
  const auto* at = first.data();
  const SecretBytes second = std::move(first);
  EXPECT_EQ(second.data(), at);
  EXPECT_EQ(second.view(), "pass");
  EXPECT_TRUE(SecretBytes().empty());
  EXPECT_EQ(SecretBytes(5).view(), std::string(5, '\0'));
  if (!can_be_left_out()) {
    GTEST_SKIP() << "this kernel, or qemu-user, keeps no mapping out of core dumps";
  }
  EXPECT_TRUE(is_left_out(at)) << flags_of(at);
}

}  // namespace
}  // namespace edge::tls
