#include "edge/net/mdns/message.h"

#include <algorithm>

#include "edge/base/strings.h"

namespace edge::mdns {
namespace {

constexpr std::size_t kMostQuestions = 64;
constexpr std::size_t kMostRecords = 256;
constexpr std::size_t kLongestName = 255;
constexpr unsigned kLongestLabel = 63;
constexpr unsigned kPointer = 0xc0;
constexpr int kMostJumps = 32;

constexpr std::uint16_t kResponseFlag = 0x8000;
constexpr std::uint16_t kAuthoritative = 0x0400;
constexpr std::uint16_t kInternet = 1;
// In a question's class: answer by unicast; in a record's: what is known beside it is outdated.
constexpr std::uint16_t kTopBit = 0x8000;
constexpr std::uint32_t kLifetimeSeconds = 120;

constexpr std::uint16_t number(Type type) noexcept {
  return static_cast<std::uint16_t>(type);
}

class Reader {
 public:
  explicit Reader(std::string_view packet) noexcept : packet_(packet) {}

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  void go_to(std::size_t at) noexcept {
    failed_ = failed_ || at > packet_.size();
    at_ = at;
  }

  std::uint32_t number(int bytes) noexcept {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8U | byte(at_++);
    return value;
  }

  Name name() {
    Name out;
    std::size_t at = at_;
    int jumps = 0;
    while (!failed_) {
      const unsigned length = byte(at);
      if (length > kLongestLabel) {
        const std::size_t target = (length & ~kPointer) << 8U | byte(at + 1);
        if (jumps == 0) at_ = at + 2;
        failed_ = failed_ || length < kPointer || ++jumps > kMostJumps;
        at = target;
        continue;
      }
      const std::string_view label = packet_.substr(std::min(at, packet_.size()), length + 1);
      failed_ = failed_ || label.size() <= length || out.size() + label.size() > kLongestName;
      out.append(label);
      at += length + 1;
      if (length == 0) break;
    }
    if (jumps == 0) at_ = at;
    return out;
  }

 private:
  unsigned byte(std::size_t at) noexcept {
    failed_ = failed_ || at >= packet_.size();
    return failed_ ? 0 : static_cast<unsigned char>(packet_[at]);
  }

  std::string_view packet_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

void read_question(Reader& reader, Message& out) {
  Question question;
  question.name = reader.name();
  question.type = static_cast<Type>(reader.number(2));
  const std::uint32_t of = reader.number(2) & ~std::uint32_t{kTopBit};
  if (of == kInternet || of == number(Type::kAny)) out.questions.push_back(std::move(question));
}

void read_data(Reader& reader, Record& record) {
  if (record.type == Type::kA) {
    for (std::uint8_t& byte : record.address) byte = static_cast<std::uint8_t>(reader.number(1));
    return;
  }
  if (record.type == Type::kSrv) {
    reader.number(4);  // priority and weight
    record.port = static_cast<std::uint16_t>(reader.number(2));
  }
  record.target = reader.name();
}

void read_record(Reader& reader, Message& out) {
  Record record;
  record.name = reader.name();
  record.type = static_cast<Type>(reader.number(2));
  const std::uint32_t of = reader.number(2) & ~std::uint32_t{kTopBit};
  record.seconds = reader.number(4);
  const std::size_t length = reader.number(2);
  const std::size_t end = reader.at() + length;
  const bool wanted = of == kInternet && (record.type == Type::kA || record.type == Type::kPtr ||
                                          record.type == Type::kSrv);
  if (wanted && !reader.failed()) {
    read_data(reader, record);
    if (reader.at() == end) out.records.push_back(std::move(record));
  }
  reader.go_to(end);
}

class Printer {
 public:
  Printer(std::uint16_t flags, std::uint16_t questions, std::uint16_t answers) {
    for (const std::uint16_t field : {std::uint16_t{0}, flags, questions, answers}) put(field, 2);
    put(0, 4);  // no records of other sections
  }

  void put(std::uint32_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out_ += static_cast<char>(value >> (8 * i) & 0xffU);
  }
  void put(std::string_view bytes) { out_ += bytes; }
  void record(const Name& name, Type type, std::uint16_t of, std::uint32_t seconds,
              const std::string& data) {
    put(name);
    put(number(type), 2);
    put(of, 2);
    put(seconds, 4);
    put(static_cast<std::uint32_t>(data.size()), 2);
    put(data);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string big_endian(std::uint16_t value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
}

void put_service(Printer& printer, const Service& service, std::uint32_t seconds) {
  constexpr std::uint16_t kOwn = kInternet | kTopBit;
  const std::string nothing(4, '\0');  // priority and weight
  const std::string text = static_cast<char>(service.text.size()) + service.text;
  printer.record(service.type, Type::kPtr, kInternet, seconds, service.instance);
  printer.record(service.instance, Type::kSrv, kOwn, seconds,
                 nothing + big_endian(service.port) + service.host);
  printer.record(service.instance, Type::kTxt, kOwn, seconds, text);
}

}  // namespace

Name name_of(std::initializer_list<std::string_view> labels) {
  Name out;
  for (const std::string_view label : labels) {
    out += static_cast<char>(label.size());
    out += label;
  }
  return out + '\0';
}

// Lengths are below the letters, so that no length is taken for a letter.
bool same_name(const Name& a, const Name& b) noexcept {
  return equals_ignoring_case(a, b);
}

bool is_child(const Name& name, const Name& parent) noexcept {
  const std::size_t label = name.empty() ? 0 : std::size_t{1} + static_cast<unsigned char>(name[0]);
  return label > 1 && name.size() == label + parent.size() &&
         equals_ignoring_case(std::string_view(name).substr(label), parent);
}

std::optional<Message> parse(std::string_view packet) {
  Reader reader(packet);
  Message out;
  reader.number(2);  // an id that nobody uses
  const std::uint32_t flags = reader.number(2);
  constexpr std::uint32_t kOperationAndError = 0x780f;
  if ((flags & kOperationAndError) != 0) return {};
  out.kind = (flags & kResponseFlag) != 0 ? Kind::kResponse : Kind::kQuery;
  const std::size_t questions = reader.number(2);
  std::size_t records = 0;
  for (int section = 0; section < 3; ++section) records += reader.number(2);
  if (questions > kMostQuestions || records > kMostRecords) return {};
  for (std::size_t i = 0; i < questions && !reader.failed(); ++i) read_question(reader, out);
  for (std::size_t i = 0; i < records && !reader.failed(); ++i) read_record(reader, out);
  if (reader.failed()) return {};
  return out;
}

std::string print_question(const Name& service) {
  Printer printer(0, 1, 0);
  printer.put(service);
  printer.put(number(Type::kPtr), 2);
  printer.put(kInternet, 2);
  return printer.take();
}

std::string print_service(const Service& service, const Ipv4& address) {
  Printer printer(kResponseFlag | kAuthoritative, 0, 4);
  put_service(printer, service, kLifetimeSeconds);
  printer.record(service.host, Type::kA, kInternet | kTopBit, kLifetimeSeconds,
                 std::string(address.begin(), address.end()));
  return printer.take();
}

std::string print_goodbye(const Service& service) {
  Printer printer(kResponseFlag | kAuthoritative, 0, 3);
  put_service(printer, service, 0);
  return printer.take();
}

}  // namespace edge::mdns
