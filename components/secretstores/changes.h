// What a secret store can do besides that learns of changes which are made elsewhere.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace edge::secrets {

// Never its values.
struct SecretChange {
  std::string name;
  std::string version;  // the vendor's name for it; "": the secret is gone
};

struct ChangesTopic {
  std::string pubsub;  // the component's name
  std::string topic;
};

class ChangingStore {
 public:
  virtual ~ChangingStore() = default;
  // Where apps want to be told; nothing where they do not. Legal after init.
  [[nodiscard]] virtual std::optional<ChangesTopic> changes_topic() const = 0;
  // Called on the loop for each secret that had been read and is another now; what is read then is
  // the new one. It hands over and returns.
  virtual void on_change(std::function<void(SecretChange)> observer) = 0;
};

}  // namespace edge::secrets
