// Messages as plain structs: each names its fields once, for reading and for writing.
//
//   struct Etag {
//     std::string value;
//     void fields(auto& f) { f(1, value); }
//   };
//
// Types: std::string, a list of them, a map of them; std::int32_t (also for enums), std::uint64_t,
// bool; messages, optional ones, lists and maps of them. f.bytes(1, data) for what need not be
// UTF-8. As in proto3, what has its default is not written, what is not known is skipped, a field's
// last value counts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/net/protobuf/wire.h"

namespace edge::protobuf {

class Reader;
class Writer;

template <class T>
concept Message = requires(T& message, Reader& reader) { message.fields(reader); };

using Map = std::map<std::string, std::string, std::less<>>;

// Errors: kInternal, as Go's library words it.
template <Message M>
Status parse(std::string_view bytes, M& message);
template <Message M>
std::string print(M& message);

// A map's entry is a message of this shape.
template <class M>
struct MapEntry {
  std::string key;
  M value;
  void fields(auto& f) {
    f(1, key);
    f(2, value);
  }
};

// Takes one field of the wire into the member that has its number.
class Reader {
 public:
  explicit Reader(Fields& field) noexcept : field_(field) {}

  void operator()(std::uint32_t number, std::string& text);
  void operator()(std::uint32_t number, std::vector<std::string>& list);
  void operator()(std::uint32_t number, Map& map);
  void operator()(std::uint32_t number, std::int32_t& value);
  void operator()(std::uint32_t number, std::uint64_t& value);
  void operator()(std::uint32_t number, bool& value);
  void bytes(std::uint32_t number, std::string& bytes);

  template <Message M>
  void operator()(std::uint32_t number, M& message) {
    if (is(number, Kind::kBytes)) read(field_.bytes(), message);
  }
  template <Message M>
  void operator()(std::uint32_t number, std::optional<M>& message) {
    if (!is(number, Kind::kBytes)) return;
    if (!message) message.emplace();
    read(field_.bytes(), *message);
  }
  template <Message M>
  void operator()(std::uint32_t number, std::vector<M>& list) {
    if (is(number, Kind::kBytes)) read(field_.bytes(), list.emplace_back());
  }
  template <Message M>
  void operator()(std::uint32_t number, std::map<std::string, M, std::less<>>& map) {
    if (!is(number, Kind::kBytes)) return;
    MapEntry<M> entry;
    read(field_.bytes(), entry);
    map.insert_or_assign(std::move(entry.key), std::move(entry.value));
  }

 private:
  [[nodiscard]] bool is(std::uint32_t number, Kind kind) const noexcept {
    return field_.number() == number && field_.kind() == kind;
  }
  void take_text(std::string& text);
  template <Message M>
  void read(std::string_view bytes, M& message) {
    if (!parse(bytes, message)) field_.note_malformed();
  }

  Fields& field_;
};

class Writer {
 public:
  void operator()(std::uint32_t number, const std::string& text) { bytes(number, text); }
  void operator()(std::uint32_t number, const std::vector<std::string>& list);
  void operator()(std::uint32_t number, const Map& map);
  void operator()(std::uint32_t number, const std::int32_t& value);
  void operator()(std::uint32_t number, const std::uint64_t& value) {
    if (value != 0) append_varint_field(out_, number, value);
  }
  void operator()(std::uint32_t number, const bool& value) {
    if (value) append_varint_field(out_, number, 1);
  }
  void bytes(std::uint32_t number, const std::string& bytes) {
    if (!bytes.empty()) append_bytes_field(out_, number, bytes);
  }

  template <Message M>
  void operator()(std::uint32_t number, M& message) {
    append_bytes_field(out_, number, print(message));
  }
  template <Message M>
  void operator()(std::uint32_t number, std::optional<M>& message) {
    if (message) (*this)(number, *message);
  }
  template <Message M>
  void operator()(std::uint32_t number, std::vector<M>& list) {
    for (M& message : list) (*this)(number, message);
  }
  template <Message M>
  void operator()(std::uint32_t number, std::map<std::string, M, std::less<>>& map) {
    for (auto& [key, message] : map) append_entry(number, key, print(message));
  }

  std::string take() { return std::move(out_); }

 private:
  void append_entry(std::uint32_t number, std::string_view key, std::string_view value);

  std::string out_;
};

Status malformed_message();

template <Message M>
Status parse(std::string_view bytes, M& message) {
  Fields fields(bytes);
  Reader reader(fields);
  while (fields.next()) message.fields(reader);
  if (fields.malformed()) return malformed_message();
  return {};
}

template <Message M>
std::string print(M& message) {
  Writer writer;
  message.fields(writer);
  return writer.take();
}

}  // namespace edge::protobuf
