#include "components/fields.h"

#include <array>

#include <gtest/gtest.h>

namespace edge::components {
namespace {

struct Options {
  std::string path;
  bool flag = false;
  Duration timeout{};
  std::int64_t count = 0;
  Bytes size;
};

constexpr auto kFields = std::to_array<Field<Options>>({
    {{.name = "path", .alias = "file", .doc = "Where.", .need = Need::kRequired}, &Options::path},
    {{.name = "flag", .doc = "Whether."}, &Options::flag},
    {{.name = "timeout", .fallback = "20s", .doc = "How long."}, &Options::timeout},
    {{.name = "count", .fallback = "3", .doc = "How many."}, &Options::count},
    {{.name = "size", .fallback = "4Mi", .doc = "How big."}, &Options::size},
});

Result<Options> read(const Metadata& metadata) {
  return read_fields<Options>(kFields, metadata);
}

TEST(FieldsTest, FallbacksAreReadLikeValues) {
  const auto options = read({{"path", "x"}});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->path, "x");
  EXPECT_FALSE(options->flag);
  EXPECT_EQ(options->timeout, std::chrono::seconds(20));
  EXPECT_EQ(options->count, 3);
  EXPECT_EQ(options->size.count, 4 << 20);
}

TEST(FieldsTest, NamesIgnoreCaseAndUnknownOnesAreIgnored) {
  const auto options = read({{"FILE", "y"}, {"FLAG", "Yes"}, {"TimeOut", "90"}, {"other", "1"}});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->path, "y");
  EXPECT_TRUE(options->flag);
  EXPECT_EQ(options->timeout, std::chrono::seconds(90));
}

TEST(FieldsTest, TheNameWinsOverTheAlias) {
  EXPECT_EQ(read({{"file", "alias"}, {"path", "name"}})->path, "name");
}

TEST(FieldsTest, ABlankValueIsAbsent) {
  EXPECT_EQ(read({{"path", " "}}).error().message, "field \"path\" is required");
  EXPECT_EQ(read({{"path", "x"}, {"timeout", ""}})->timeout, std::chrono::seconds(20));
}

TEST(FieldsTest, ErrorsNameTheFieldAndWhatIsExpected) {
  const auto wrong = [](const std::string& name, const std::string& value) {
    const auto options = read({{"path", "x"}, {name, value}});
    EXPECT_EQ(options.error().code, Code::kInvalidArgument);
    return options.error().message;
  };
  EXPECT_EQ(
      wrong("timeout", "soon"),
      "field \"timeout\" must be a duration such as \"30s\" or a number of seconds, not \"soon\"");
  EXPECT_EQ(wrong("count", "3x"), "field \"count\" must be a whole number, not \"3x\"");
  EXPECT_EQ(wrong("size", "-1"), "field \"size\" must be a size such as \"4Mi\", not \"-1\"");
}

TEST(FieldsTest, TheTablePrintsItself) {
  const auto docs = describe(std::span<const Field<Options>>(kFields));
  const std::string page = to_markdown(docs);
  EXPECT_NE(page.find("| `path` (`file`) | text | required | Where. |\n"), std::string::npos)
      << page;
  EXPECT_NE(page.find("| `timeout` | duration | `20s` | How long. |\n"), std::string::npos) << page;
}

}  // namespace
}  // namespace edge::components
