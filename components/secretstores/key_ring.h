// The keys at hand: of systemd credentials, and of the key file and its successor.
//
// Immutable, so it may be read on any thread. The chain: the credential hub-kek, else the key file.
// hub-kek-old, and the key file beside a credential, open what was sealed before the key was
// replaced.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "components/secretstores/seal_key.h"

namespace edge::secrets {

class KeyRing {
 public:
  // `credentials`: the folder that systemd names in CREDENTIALS_DIRECTORY; "" for none.
  // Errors: those of read_key. A next key that cannot be read is left out.
  static Result<KeyRing> load(const KeyFile& file, const std::string& credentials);

  // The key to seal with; null where there is none yet.
  [[nodiscard]] const SealKeyPtr& current() const noexcept { return current_; }
  [[nodiscard]] bool is_credential() const noexcept { return is_credential_; }
  // The next key, where one is there and no credential is; else null.
  [[nodiscard]] const SealKeyPtr& next() const noexcept { return next_; }
  // Null where it is not at hand.
  [[nodiscard]] SealKeyPtr find(std::string_view id) const;
  // "1234 (/var/lib/hub.key)": for messages.
  [[nodiscard]] std::string text() const;

  // One key alone.
  static KeyRing only(SealKeyPtr key);
  // The same keys and one more.
  [[nodiscard]] KeyRing with(SealKeyPtr key) const;

 private:
  std::vector<SealKeyPtr> keys_;
  SealKeyPtr current_;
  SealKeyPtr next_;
  bool is_credential_ = false;
};

using KeyRingPtr = std::shared_ptr<const KeyRing>;

}  // namespace edge::secrets
