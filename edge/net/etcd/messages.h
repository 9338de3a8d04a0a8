// What is said to etcd's JSON gateway, and what it answers.
//
// Pure text: no I/O. Source: etcd v3.4 api_grpc_gateway; sync reference §4.1. The gateway writes
// 64-bit numbers as text, keys and values as base64, and leaves out what is zero or false.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/result.h"

namespace edge::etcd {

// What stands before each answer.
struct Header {
  std::string cluster_id;
  std::uint64_t revision = 0;  // of the whole store
  std::uint64_t raft_term = 0;
};

struct KeyValue {
  std::string key;
  std::string value;
  std::uint64_t mod_revision = 0;  // that set it
};

// Keys from `begin` to before `end`.
struct Range {
  std::string begin;
  std::string end;
};
// The keys that begin with `prefix`; "" for all.
Range keys_under(std::string prefix);

enum class Wanted : std::uint8_t { kKeysAndValues, kKeysOnly };

struct RangeRequest {
  Range range;
  std::uint64_t limit = 0;             // 0: all
  std::uint64_t revision = 0;          // of the store; 0: the newest
  std::uint64_t min_mod_revision = 0;  // only keys that were set since
  Wanted wanted = Wanted::kKeysAndValues;
};

struct RangeAnswer {
  Header header;
  std::vector<KeyValue> kvs;
  bool more = false;        // there are others behind the last one
  std::uint64_t count = 0;  // of all keys in the range, whatever was asked for
};

struct Event {
  KeyValue kv;  // of a deletion the key and the revision alone
  bool deleted = false;
};

// One message of a watch. All events of a transaction come in one.
struct WatchMessage {
  Header header;
  bool created = false;
  std::vector<Event> events;  // by revision; none: progress
};

std::string range_text(const RangeRequest& request);
// Of every change from `start_revision` on.
std::string watch_text(const Range& range, std::uint64_t start_revision);
std::string login_text(std::string_view user, std::string_view password);

// Errors: kInvalidArgument where the text is no such answer.
Result<RangeAnswer> parse_range(std::string_view text);
// Errors: also kOutOfRange (the revision is compacted), kPermissionDenied, kUnauthenticated (log in
// again), kUnavailable, where the server ends the watch with this message.
Result<WatchMessage> parse_watch(std::string_view text);
// The token of a login.
Result<std::string> parse_token(std::string_view text);

// What an answer says that is not 200. Errors as parse_watch().
Error parse_error(int status, std::string_view text);

}  // namespace edge::etcd
