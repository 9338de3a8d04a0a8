#include "edge/net/protobuf/message.h"

#include "edge/base/strings.h"

namespace edge::protobuf {
Status malformed_message() {
  return Error{Code::kInternal, "grpc: error unmarshalling request: the message is malformed"};
}

void Reader::take_text(std::string& text) {
  if (!is_utf8(field_.bytes())) field_.note_malformed();
  text = field_.bytes();
}

void Reader::operator()(std::uint32_t number, std::string& text) {
  if (is(number, Kind::kBytes)) take_text(text);
}

void Reader::operator()(std::uint32_t number, std::vector<std::string>& list) {
  if (is(number, Kind::kBytes)) take_text(list.emplace_back());
}

void Reader::operator()(std::uint32_t number, Map& map) {
  if (!is(number, Kind::kBytes)) return;
  MapEntry<std::string> entry;
  read(field_.bytes(), entry);
  map.insert_or_assign(std::move(entry.key), std::move(entry.value));
}

void Reader::operator()(std::uint32_t number, std::int32_t& value) {
  if (is(number, Kind::kVarint)) value = static_cast<std::int32_t>(field_.varint());
}

void Reader::operator()(std::uint32_t number, std::uint64_t& value) {
  if (is(number, Kind::kVarint)) value = field_.varint();
}

void Reader::operator()(std::uint32_t number, bool& value) {
  if (is(number, Kind::kVarint)) value = field_.varint() != 0;
}

void Reader::bytes(std::uint32_t number, std::string& bytes) {
  if (is(number, Kind::kBytes)) bytes = field_.bytes();
}

void Writer::operator()(std::uint32_t number, const std::vector<std::string>& list) {
  for (const std::string& text : list) append_bytes_field(out_, number, text);
}

void Writer::operator()(std::uint32_t number, const Map& map) {
  for (const auto& [key, value] : map) append_entry(number, key, value);
}

void Writer::operator()(std::uint32_t number, const std::int32_t& value) {
  if (value != 0) append_varint_field(out_, number, static_cast<std::uint64_t>(value));
}

void Writer::append_entry(std::uint32_t number, std::string_view key, std::string_view value) {
  std::string entry;
  append_bytes_field(entry, 1, key);
  append_bytes_field(entry, 2, value);
  append_bytes_field(out_, number, entry);
}

}  // namespace edge::protobuf
