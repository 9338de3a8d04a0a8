#include "components/replica/guard.h"

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/base/strings.h"
#include "edge/net/tls/hmac.h"

namespace edge::replica {

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::kProven:
      return "proven";
    case Standing::kOnProbation:
      return "probation";
    case Standing::kRolledBack:
      return "rolledback";
    case Standing::kRefused:
      return "refused";
  }
  return "";
}

std::string digest_of(const Values& values) {
  std::string text = "{";
  for (const auto& [key, value] : values) {
    if (text.size() > 1) text.push_back(',');
    text.append(dump_json(std::string_view(key))).push_back(':');
    text.append(dump_json(std::string_view(value.text)));
  }
  text.push_back('}');
  return hex_encode(tls::sha256(text));
}

}  // namespace edge::replica
