// Messages of multicast DNS, as far as finding services needs them.
// Source: RFC 1035 §4, RFC 6762 §18, RFC 6763.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/loop/ipv4.h"

namespace edge::mdns {

// A name as on the wire, uncompressed: labels, each after its length, and a last 0.
using Name = std::string;

// Of labels of 1 to 63 bytes.
Name name_of(std::initializer_list<std::string_view> labels);
bool same_name(const Name& a, const Name& b) noexcept;
// Whether it is one label and then `parent`.
bool is_child(const Name& name, const Name& parent) noexcept;

enum class Type : std::uint16_t { kA = 1, kPtr = 12, kTxt = 16, kSrv = 33, kAny = 255 };

struct Question {
  Name name;
  Type type = Type::kAny;  // or any other number
};

struct Record {
  Name name;
  Type type = Type::kPtr;     // kA, kPtr or kSrv
  std::uint32_t seconds = 0;  // 0: it is no more
  Name target;                // of kPtr and kSrv
  std::uint16_t port = 0;     // of kSrv
  Ipv4 address{};             // of kA
};

enum class Kind : std::uint8_t { kQuery, kResponse };

struct Message {
  Kind kind = Kind::kQuery;
  std::vector<Question> questions;
  std::vector<Record> records;  // of all sections, without those of other types
};

// Nothing of what is malformed, or of more than 64 questions or 256 records.
std::optional<Message> parse(std::string_view packet);

// Asks for the services of a type.
std::string print_question(const Name& service);

// A service of this hub. Names as RFC 6763 has them: "lamp.local", "hub:7.lamp.local", "hub.local".
struct Service {
  Name type;
  Name instance;
  Name host;
  std::uint16_t port = 0;
  std::string text;  // 255 bytes at most
};

// Everything of a service in one message.
std::string print_service(const Service& service, const Ipv4& address);
// That it is no more.
std::string print_goodbye(const Service& service);

}  // namespace edge::mdns
