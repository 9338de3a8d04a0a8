#include "components/configuration/layered_options.h"

#include <algorithm>
#include <array>
#include <utility>

#include "edge/base/strings.h"
#include "edge/net/tls/signed_json.h"

namespace edge::configuration {
namespace {

using components::Field;
using components::wrong_field;

constexpr auto kFields = std::to_array<Field<LayeredOptions>>({
    {{.name = "hubGroup",
      .doc = "The group whose layer this hub reads; without it there is no such layer."},
     &LayeredOptions::hub_group},
    {{.name = "replicaFile",
      .doc = "Path of the database file that keeps the values for when the source is away; "
             "`hub.db` in "
             "the hub's data folder where absent. Without either they are kept in memory only."},
     &LayeredOptions::replica_file},
    {{.name = "auditInterval",
      .fallback = "6h",
      .doc = "How often everything is read again and compared, besides following the changes; at "
             "least 1s."},
     &LayeredOptions::audit_interval},
    {{.name = "probation",
      .fallback = "60s",
      .doc = "How long apps have to stay healthy with what was taken over; else it is rolled back. "
             "`0` takes everything over at once."},
     &LayeredOptions::probation},
    {{.name = "signingKeys",
      .doc = "PEM texts of public keys of the curve P-256, one after the other: only what one of "
             "them has signed is taken over. Without it nothing needs to be signed."},
     &LayeredOptions::signing_keys},
    {{.name = "rootKeys",
      .doc = "The same of keys that vouch for others: what is signed by a key that a manifest "
             "names in `keys`, and one of them has signed, is taken over, too."},
     &LayeredOptions::root_keys},
});

Status read_keys(std::string_view field, const std::string& text,
                 std::vector<tls::VerifyKey>& keys) {
  if (trim(text).empty()) return {};
  auto parsed = tls::parse_verify_keys(text);
  if (!parsed) return parsed.error().within("field \"" + std::string(field) + "\"");
  keys = std::move(*parsed);
  return {};
}

Status read_trust(LayeredOptions& options, Loop& loop) {
  replica::Trust trust;
  trust.now = [&loop] { return loop.wall_now(); };
  auto read = read_keys("signingKeys", options.signing_keys, trust.signing);
  if (read) read = read_keys("rootKeys", options.root_keys, trust.roots);
  if (!read) return read;
  if (trust.signing.empty() && trust.roots.empty()) return {};
  options.trust = std::make_shared<const replica::Trust>(std::move(trust));
  return {};
}

}  // namespace

bool is_layer_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F && c != '/'; });
}

std::vector<components::FieldDoc> layered_fields() {
  return components::describe<LayeredOptions>(kFields);
}

Result<LayeredOptions> read_layered_options(const components::Context& context) {
  auto options = components::read_fields<LayeredOptions>(kFields, context.metadata);
  if (!options) return options;
  if (!options->hub_group.empty() && !is_layer_name(options->hub_group)) {
    return wrong_field("hubGroup", "is 1 to 64 visible characters without /");
  }
  if (auto done = read_trust(*options, context.loop); !done) return std::move(done).error();
  if (options->audit_interval < std::chrono::seconds(1)) {
    return wrong_field("auditInterval", "is at least 1s");
  }
  std::string& path = options->replica_file;
  if (path.starts_with("file:")) path.erase(0, 5);
  if (path.empty()) path = context.data_dir.empty() ? ":memory:" : context.data_dir + "/hub.db";
  return options;
}

}  // namespace edge::configuration
