#include "components/secretstores/key_ring.h"

#include <algorithm>
#include <utility>

#include "edge/base/log.h"

namespace edge::secrets {
namespace {

constexpr std::string_view kName = "hub-kek";
constexpr std::string_view kOldName = "hub-kek-old";

Result<SealKeyPtr> read_credential(const std::string& folder, std::string_view name) {
  if (folder.empty()) return SealKeyPtr();
  auto key = read_key(folder + "/" + std::string(name), "the credential " + std::string(name));
  if (!key) return key.error().within("the credential " + std::string(name));
  return key;
}

}  // namespace

Result<KeyRing> KeyRing::load(const KeyFile& file, const std::string& credentials) {
  KeyRing ring;
  auto credential = read_credential(credentials, kName);
  if (!credential) return credential.error();
  auto old = read_credential(credentials, kOldName);
  if (!old) return old.error();
  auto key = file.read();
  if (!key) return key.error();
  auto next = file.read_next();
  if (!next) {
    log::debug("edge.secrets.sqlite", "a key that was not finished is left out",
               {{"why", next.error().message}});
    next = SealKeyPtr();
  }
  for (const SealKeyPtr& found : {*credential, *old, *key, *next}) {
    if (found) ring.keys_.push_back(found);
  }
  ring.is_credential_ = *credential != nullptr;
  ring.current_ = *credential ? *credential : *key;
  if (!ring.is_credential_) ring.next_ = *next;
  return ring;
}

SealKeyPtr KeyRing::find(std::string_view id) const {
  const auto found =
      std::ranges::find_if(keys_, [id](const SealKeyPtr& key) { return key->id == id; });
  return found == keys_.end() ? nullptr : *found;
}

std::string KeyRing::text() const {
  std::string text;
  for (const SealKeyPtr& key : keys_) {
    text += (text.empty() ? "" : ", ") + key->id + " (" + key->source + ")";
  }
  return text.empty() ? "none" : text;
}

KeyRing KeyRing::only(SealKeyPtr key) {
  KeyRing ring;
  ring.keys_.push_back(key);
  ring.current_ = std::move(key);
  return ring;
}

KeyRing KeyRing::with(SealKeyPtr key) const {
  KeyRing ring = *this;
  ring.keys_.push_back(std::move(key));
  return ring;
}

}  // namespace edge::secrets
