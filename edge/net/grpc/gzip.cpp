#include "edge/net/grpc/gzip.h"

#include <algorithm>
#include <array>
#include <climits>
#include <new>
#include <zlib.h>

namespace edge::grpc {
namespace {

constexpr int kGzipWindow = 16 + MAX_WBITS;  // takes gzip alone, with its largest window
constexpr std::size_t kPiece = std::size_t{16} * 1024;

class Inflater {
 public:
  explicit Inflater(std::string_view packed) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends the next piece. Z_OK where more may come, Z_STREAM_END at the end of all.
  int append_to(std::string& plain) {
    std::array<char, kPiece> piece;
    stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_out = static_cast<uInt>(piece.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    if (code == Z_OK || code == Z_STREAM_END) {
      plain.append(piece.data(), piece.size() - stream_.avail_out);
    }
    const bool more_follows = code == Z_STREAM_END && stream_.avail_in > 0;
    return more_follows ? Z_DATA_ERROR : code;
  }

 private:
  z_stream stream_{};
};

}  // namespace

Result<std::string> gunzip(std::string_view packed, std::size_t limit) {
  const Error damaged{Code::kInternal, "grpc: the message is damaged, or not compressed by gzip"};
  if (packed.size() > UINT_MAX) return damaged;
  Inflater inflater(packed);
  std::string plain;
  int code = Z_OK;
  while (code == Z_OK) {
    code = inflater.append_to(plain);
    if (plain.size() > limit) {
      return Error{Code::kResourceExhausted,
                   "grpc: received message after decompression larger than max (" +
                       std::to_string(plain.size()) + " vs. " + std::to_string(limit) + ")"};
    }
  }
  if (code != Z_STREAM_END) return damaged;
  return plain;
}

}  // namespace edge::grpc
