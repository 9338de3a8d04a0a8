#include "edge/base/time.h"

#include <limits>

#include <gtest/gtest.h>

namespace edge {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

struct DurationCase {
  std::string_view text;
  Duration value;
};

// The first group is Go's own table (time_test.go, parseDurationTests).
constexpr DurationCase kDurations[] = {{"0", 0s},
                                       {"5s", 5s},
                                       {"30s", 30s},
                                       {"1478s", 1478s},
                                       {"-5s", -5s},
                                       {"+5s", 5s},
                                       {"-0", 0s},
                                       {"+0", 0s},
                                       {"5.0s", 5s},
                                       {"5.6s", 5600ms},
                                       {"5.s", 5s},
                                       {".5s", 500ms},
                                       {"1.004s", 1004ms},
                                       {"1.0040s", 1004ms},
                                       {"100.00100s", 100'001ms},
                                       {"10ns", 10ns},
                                       {"11us", 11us},
                                       {"12\u00b5s", 12us},
                                       {"12\u03bcs", 12us},
                                       {"13ms", 13ms},
                                       {"14s", 14s},
                                       {"15m", 15min},
                                       {"16h", 16h},
                                       {"3h30m", 3h + 30min},
                                       {"10.5s4m", 4min + 10500ms},
                                       {"-2m3.4s", -(2min + 3400ms)},
                                       {"1h2m3s4ms5us6ns", 1h + 2min + 3s + 4ms + 5us + 6ns},
                                       {"39h9m14.425s", 39h + 9min + 14'425ms},
                                       {"52763797000ns", 52'763'797'000ns},
                                       {"0.3333333333333333333h", 20min},
                                       {"9007199254740993ns", 9'007'199'254'740'993ns},
                                       {"9223372036854775807ns", Duration(kMax)},
                                       {"9223372036854775.807us", Duration(kMax)},
                                       {"9223372036s854ms775us807ns", Duration(kMax)},
                                       {"-9223372036854775808ns", Duration(kMin)},
                                       {"-9223372036854775.808us", Duration(kMin)},
                                       {"-9223372036s854ms775us808ns", Duration(kMin)},
                                       {"0.100000000000000000000h", 6min},
                                       {"0.830103483285477580700h", 49min + 48s + 372'539'827ns},
                                       {"5", 5s},
                                       {"-3", -3s},
                                       {"+7", 7s},
                                       {"00010", 10s},
                                       {"9223372036", 9'223'372'036s}};

TEST(ParseDuration, ReadsGosSyntaxAndBareIntegers) {
  for (const auto& [text, value] : kDurations) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->count(), value.count()) << text;
  }
}

TEST(ParseDuration, CountsBareIntegersInTheAskedUnit) {
  EXPECT_EQ(parse_duration("250", 1ms).value(), 250ms);
  EXPECT_EQ(parse_duration("250", 1ns).value(), 250ns);
  EXPECT_EQ(parse_duration("250s", 1ms).value(), 250s);
}

TEST(ParseDuration, RefusesOtherText) {
  for (const auto text :
       {"",     "-",    "+",    "s",   ".",      "-.",      ".s",       "+.s",
        "1d",   " 1s",  "1s ",  "1 s", "1.5",    "5S",      "1h-2m",    "--1s",
        "1,5s", "1e3s", "0x1s", "1hh", "1.2.3s", "\u00b5s", "\x85\x85", "hello \xff world"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Code::kInvalidArgument);
    EXPECT_EQ(parsed.error().message, "invalid duration \"" + std::string(text) + "\"");
  }
}

TEST(ParseDuration, RefusesWhatDoesNotFit) {
  for (const auto text :
       {"9223372036854775810ns", "9223372036854775808ns", "-9223372036854775809ns",
        "9223372036854776us", "3000000h", "9223372036854ms775us808ns", "99999999999999999999s",
        "9223372037", "-9223372037", "18446744073709551616", "2562047h48m",
        "18446744073709551615h"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

// Source: Go's time_test.go, durationTests.
constexpr DurationCase kFormatted[] = {{"0s", 0s},
                                       {"1ns", 1ns},
                                       {"1.1\u00b5s", 1100ns},
                                       {"2.2ms", 2200us},
                                       {"3.3s", 3300ms},
                                       {"4m5s", 4min + 5s},
                                       {"4m5.001s", 4min + 5001ms},
                                       {"5h6m7.001s", 5h + 6min + 7001ms},
                                       {"8m0.000000001s", 8min + 1ns},
                                       {"2562047h47m16.854775807s", Duration(kMax)},
                                       {"-2562047h47m16.854775808s", Duration(kMin)},
                                       {"5s", 5s},
                                       {"500ms", 500ms},
                                       {"1m30s", 90s},
                                       {"1h0m0s", 1h},
                                       {"1m0s", 1min},
                                       {"-1.5s", -1500ms},
                                       {"999.999ms", 999'999us}};

TEST(FormatDuration, PrintsAsGoDoes) {
  for (const auto& [text, value] : kFormatted) {
    EXPECT_EQ(format_duration(value), text);
    EXPECT_EQ(parse_duration(text).value(), value) << text;
  }
}

struct QuantityCase {
  std::string_view text;
  std::int64_t value;
};

constexpr QuantityCase kQuantities[] = {{"0", 0},
                                        {"-0", 0},
                                        {"4096", 4096},
                                        {"+5", 5},
                                        {"-5", -5},
                                        {"4Mi", 4 << 20},
                                        {"512Ki", 512 << 10},
                                        {"1Gi", 1 << 30},
                                        {"2Ti", std::int64_t{2} << 40},
                                        {"3Pi", std::int64_t{3} << 50},
                                        {"7Ei", std::int64_t{7} << 60},
                                        {"-8Ei", kMin},
                                        {"1k", 1000},
                                        {"1M", 1'000'000},
                                        {"1G", 1'000'000'000},
                                        {"9E", 9'000'000'000'000'000'000},
                                        {"1.5Gi", 1'610'612'736},
                                        {"1.5k", 1500},
                                        {".5Ki", 512},
                                        {"1.Ki", 1024},
                                        {"0.000000000000000001E", 1},
                                        {"1e3", 1000},
                                        {"1E3", 1000},
                                        {"12e+2", 1200},
                                        {"1200e-2", 12},
                                        {"-1.5e1", -15},
                                        {"0.5", 1},
                                        {"-0.5", -1},
                                        {"100m", 1},
                                        {"1000m", 1},
                                        {"1001m", 2},
                                        {"-1001m", -2},
                                        {"1u", 1},
                                        {"1n", 1},
                                        {"0n", 0},
                                        {"1.0000000000000000000000001", 2},
                                        {"1.0000000000000000000000000", 1},
                                        {"0.1Ki", 103},
                                        {"9223372036854775807", kMax},
                                        {"-9223372036854775808", kMin},
                                        {"18446744073709551615n", 18'446'744'074}};

TEST(ParseQuantity, ReadsKubernetesSuffixesAndRoundsUp) {
  for (const auto& [text, value] : kQuantities) {
    const auto parsed = parse_quantity(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(*parsed, value) << text;
  }
}

TEST(ParseQuantity, RefusesOtherText) {
  for (const auto text :
       {"",   "-",    "Mi", ".",   ".Mi",   "4mi",  "4MI", "4K",    "4KiB", "4 Mi", " 4",
        "4 ", "0x10", "1e", "1e+", "1e1.5", "1ee3", "--1", "1,000", "4i",   "1e99"}) {
    const auto parsed = parse_quantity(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().message, "invalid quantity \"" + std::string(text) + "\"");
  }
}

TEST(ParseQuantity, RefusesWhatDoesNotFit) {
  for (const auto text :
       {"9223372036854775808", "-9223372036854775809", "8Ei", "-8.1Ei", "10E",
        "99999999999999999999", "1e19", "9223372036854775807.5", "18446744073709551615Ei"}) {
    EXPECT_FALSE(parse_quantity(text).has_value()) << text;
  }
}

TEST(Rfc3339, PrintsUtc) {
  const WallTime time{std::chrono::sys_days{2026y / 8 / 21} + 20h + 12min + 9s + 123'456'789ns};
  EXPECT_EQ(to_rfc3339(time), "2026-08-21T20:12:09Z");
  EXPECT_EQ(to_rfc3339(time, Decimals::kNanoseconds), "2026-08-21T20:12:09.123456789Z");
}

TEST(Rfc3339, PrintsTheEpochAndBefore) {
  EXPECT_EQ(to_rfc3339(WallTime{}, Decimals::kNanoseconds), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(to_rfc3339(WallTime{-1ns}, Decimals::kNanoseconds), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(to_rfc3339(WallTime{std::chrono::sys_days{2024y / 2 / 29}}), "2024-02-29T00:00:00Z");
}

TEST(Rfc3339, PrintsWhatIsOver32Bits) {
  static_assert(sizeof(WallTime) == 8 && sizeof(TimePoint) == 8);
  EXPECT_EQ(to_rfc3339(WallTime{std::chrono::seconds(std::int64_t{1} << 31U)}),
            "2038-01-19T03:14:08Z");
  EXPECT_EQ(to_rfc3339(WallTime{std::chrono::seconds(std::int64_t{1} << 32U)}),
            "2106-02-07T06:28:16Z");
}

}  // namespace
}  // namespace edge
