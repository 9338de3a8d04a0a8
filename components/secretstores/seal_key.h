// The keys that secrets are sealed under, and the file that holds one.
//
// A key file belongs to one store. It is replaced in two steps, with "<path>.next" between them, so
// that at every moment a key that secrets are sealed under is on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "edge/base/result.h"
#include "edge/net/tls/secret_bytes.h"

namespace edge::secrets {

struct SealKey {
  tls::SecretBytes bytes;
  std::string id;
  std::string source;  // for messages: a path, or "the credential hub-kek"
};

using SealKeyPtr = std::shared_ptr<const SealKey>;

SealKeyPtr make_key(tls::SecretBytes bytes, std::string source);

// A file of exactly 32 bytes. Null where there is none. Errors: kFailedPrecondition for anything
// else, kUnavailable with what the system said.
Result<SealKeyPtr> read_key(const std::string& path, std::string source);

class KeyFile {
 public:
  explicit KeyFile(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string next_path() const { return path_ + ".next"; }

  // Errors: those of read_key; kFailedPrecondition where somebody else may read or change the file,
  // with the command that repairs it.
  [[nodiscard]] Result<SealKeyPtr> read() const;
  [[nodiscard]] Result<SealKeyPtr> read_next() const;

  // Writes the next key, durably, in the place of one that is there.
  [[nodiscard]] Status write_next(const SealKey& key) const;
  // Makes the next key the key, durably.
  [[nodiscard]] Status promote_next() const;

 private:
  std::string path_;
};

// Keeps a key file for one store of this process, or for those that never replace it. Belongs to
// the loop.
class KeyFileClaim {
 public:
  enum class Sharing : std::uint8_t { kAlone, kWithReplicas };

  // Errors: kAlreadyExists while another store has it.
  static Result<KeyFileClaim> take(const std::string& path, Sharing sharing = Sharing::kAlone);
  KeyFileClaim(KeyFileClaim&& other) noexcept : name_(std::exchange(other.name_, {})) {}
  KeyFileClaim& operator=(KeyFileClaim&&) = delete;
  ~KeyFileClaim();

 private:
  explicit KeyFileClaim(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

}  // namespace edge::secrets
