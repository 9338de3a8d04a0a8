#include "edge/net/grpc/status.h"

#include <string>

#include <gtest/gtest.h>

namespace edge::grpc {
namespace {

TEST(GrpcStatusTest, StandsInTrailers) {
  const Trailers fine{Status()};
  EXPECT_EQ(fine.list().find("grpc-status"), "0");
  EXPECT_EQ(fine.list().size(), 1U);
  const Trailers failed(Error{Code::kNotFound, "no such key: 50 % of \"ключ\"\n"}, "\x08\x05");
  EXPECT_EQ(failed.list().find("grpc-status"), "5");
  EXPECT_EQ(failed.list().find("grpc-message"),
            "no such key: 50 %25 of \"%D0%BA%D0%BB%D1%8E%D1%87\"%0A");
  EXPECT_EQ(failed.list().find("grpc-status-details-bin"), "CAU");
  const Status back = read_status(failed.list(), 200);
  EXPECT_EQ(back.error().code, Code::kNotFound);
  EXPECT_EQ(back.error().message, "no such key: 50 % of \"ключ\"\n");
  EXPECT_EQ(read_details(failed.list()), "\x08\x05");
  EXPECT_TRUE(read_status(fine.list(), 200));
}

TEST(GrpcStatusTest, BlanksAtTheEdgesAreEscaped) {
  EXPECT_EQ(encode_message(" a b "), "%20a b%20");
  EXPECT_EQ(encode_message(" "), "%20");
}

TEST(GrpcStatusTest, IsBounded) {
  std::string text(2047, 'x');
  text += "ключ";
  const Trailers failed(Error{Code::kNotFound, text}, std::string(4000, 'd'));
  EXPECT_EQ(failed.list().find("grpc-message"), std::string(2047, 'x'));
  EXPECT_FALSE(failed.list().find("grpc-status-details-bin"));
}

TEST(GrpcStatusTest, IsBoundedAsItIsSent) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "é";
  const Trailers failed(Error{Code::kNotFound, text}, std::string(kMostDetails, 'd'));
  std::size_t bytes = 0;
  for (const Header& field : failed.list()) bytes += field.name.size() + field.value.size();
  EXPECT_LT(bytes, 6400U);
  EXPECT_EQ(read_details(failed.list()).size(), kMostDetails);
  EXPECT_EQ(read_status(failed.list(), 200).error().message, text.substr(0, 682));
}

TEST(GrpcStatusTest, AMessageIsReadAsFarAsItCan) {
  EXPECT_EQ(decode_message("100% %zz %4 %41"), "100% %zz %4 A");
}

TEST(GrpcStatusTest, IsKnownWithoutTrailers) {
  EXPECT_EQ(read_status({}, 503).error().code, Code::kUnavailable);
  EXPECT_EQ(read_status({}, 404).error().code, Code::kUnimplemented);
  EXPECT_EQ(read_status({}, 200).error().code, Code::kUnknown);
  HeaderList odd;
  odd.add("grpc-status", "99");
  EXPECT_EQ(read_status(odd, 200).error().code, Code::kUnknown);
}

}  // namespace
}  // namespace edge::grpc
