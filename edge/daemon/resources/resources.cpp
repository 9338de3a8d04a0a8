#include "edge/daemon/resources/resources.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "edge/base/log.h"
#include "edge/base/strings.h"
#include "edge/daemon/resources/closest.h"
#include "edge/daemon/resources/document.h"
#include "edge/daemon/resources/readers.h"
#include "edge/daemon/resources/yaml.h"

namespace edge::daemon {
namespace {

constexpr std::string_view kScope = "edge.resources";

// Whether a text that is no YAML says that it is one of Dapr's kinds.
bool names_dapr(std::string_view text) {
  constexpr std::string_view kField = "apiVersion:";
  for (const std::string_view line : split(text, '\n')) {
    if (!starts_with_ignoring_case(line, kField)) continue;
    std::string_view value = trim(line.substr(kField.size()));
    if (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
    if (value.starts_with("dapr.io/")) return true;
  }
  return false;
}

class Loader {
 public:
  explicit Loader(const LoadRequest& request) : request_(request) {}

  void read(const TextFile& file);
  Result<Resources> finish();
  Problems& problems() { return problems_; }

 private:
  using Take = void (Loader::*)(Document&);
  struct KindRow {
    std::string_view api_version;
    std::string_view kind;
    Take take;
  };
  static const std::array<KindRow, 11> kKinds;

  void read_documents(const TextFile& file, std::string_view text);
  void read_document(const Reading& reading, Role role, yaml::Node root);
  void dispatch(Document& document);
  bool skip_broken(const TextFile& file, const yaml::Chunk& chunk, const yaml::SyntaxError& error);
  [[nodiscard]] bool is_elsewhere(const Document& document) const;
  void note_fixed(const Document& document);

  void take_component(Document& document);
  void take_http_endpoint(Document& document);
  void take_subscription(Document& document);
  void take_configuration(Document& document);
  void take_app(Document& document);
  void take_lane(Document& document);
  void take_lane_rules(Document& document);
  void take_uplink(Document& document);
  void take_peer(Document& document);
  void take_unused(Document& document);

  void warn_of_unused() const;
  void refuse_twins();
  void check_lanes();

  const LoadRequest& request_;
  Problems problems_;
  Resources out_;
};

const std::array<Loader::KindRow, 11> Loader::kKinds = {{
    {"dapr.io/v1alpha1", "Component", &Loader::take_component},
    {"dapr.io/v1alpha1", "HTTPEndpoint", &Loader::take_http_endpoint},
    {"dapr.io/v1alpha1", "Configuration", &Loader::take_configuration},
    {"dapr.io/v1alpha1", "Subscription", &Loader::take_subscription},
    {"dapr.io/v2alpha1", "Subscription", &Loader::take_subscription},
    {"dapr.io/v1alpha1", "Resiliency", &Loader::take_unused},
    {"edgelane.dev/v1", "App", &Loader::take_app},
    {"edgelane.dev/v1", "Lane", &Loader::take_lane},
    {"edgelane.dev/v1", "LaneRules", &Loader::take_lane_rules},
    {"edgelane.dev/v1", "Peer", &Loader::take_peer},
    {"edgelane.dev/v1", "Uplink", &Loader::take_uplink},
}};

void Loader::read(const TextFile& file) {
  if (!is_yaml_text(file, problems_)) return;
  if (file.role == Role::kResources) {
    read_documents(file, file.text);
    return;
  }
  const auto text = yaml::expand(file.text, request_.environment, kMaxFileBytes);
  if (!text) {
    problems_.add({file.name}, "", text.error().message + "; shorten the file or the variables");
    return;
  }
  const TextFile expanded{.name = file.name, .text = *text, .role = file.role};
  if (is_yaml_text(expanded, problems_)) read_documents(expanded, expanded.text);
}

void Loader::read_documents(const TextFile& file, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::vector<yaml::Chunk> chunks = yaml::split_documents(text);
  if (chunks.size() > kMaxDocuments) {
    problems_.add({file.name}, "", "holds over 1000 documents; split it into several files");
    return;
  }
  const Reading reading{.file = file.name, .problems = &problems_};
  for (const yaml::Chunk& chunk : chunks) {
    auto root = yaml::parse(chunk.text, chunk.first_line);
    if (root) {
      read_document(reading, file.role, std::move(*root));
    } else if (!skip_broken(file, chunk, root.error())) {
      problems_.add({file.name, root.error().line}, "", root.error().message);
    }
  }
}

bool Loader::skip_broken(const TextFile& file, const yaml::Chunk& chunk,
                         const yaml::SyntaxError& error) {
  if (file.role == Role::kConfiguration || !names_dapr(chunk.text)) return false;
  log::error(kScope, "a document that is no YAML is left out",
             {{"at", to_text({file.name, error.line})}, {"error", error.message}});
  return true;
}

void Loader::read_document(const Reading& reading, Role role, yaml::Node root) {
  Document document = open_document(reading, root);
  const bool is_config_file = role == Role::kConfiguration;
  // daprd takes a --config file for a Configuration, whatever it says of its kind.
  const bool is_configuration =
      document.kind == "Configuration" || (is_config_file && document.kind.empty());
  if (is_config_file && is_configuration) {
    note_fixed(document);
    read_configuration(document, out_.configuration);
  } else if (is_config_file) {
    log::warn(kScope, "a document that is no Configuration is ignored in a configuration file",
              {{"kind", document.kind}, {"at", to_text(document.source())}});
  } else if (is_configuration && request_.configurations == ConfigurationDocuments::kRead) {
    const Status expanded = yaml::expand_scalars(root, request_.environment, kMaxFileBytes);
    if (!expanded) problems_.add(document.source(), "", expanded.error().message);
    Document over = open_document(reading, root);
    note_fixed(over);
    dispatch(over);
  } else {
    dispatch(document);
  }
}

void Loader::dispatch(Document& document) {
  std::vector<std::string_view> kinds;
  for (const KindRow& row : kKinds) {
    kinds.push_back(row.kind);
    if (row.api_version == document.api_version && row.kind == document.kind) {
      (this->*row.take)(document);
      return;
    }
  }
  const std::string near(closest(document.kind, kinds));
  const std::string kind = document.kind.empty() ? "(none)" : document.kind;
  const log::Level level = document.is_ours() ? log::Level::kWarning : log::Level::kInfo;
  log::write(level, kScope, "a document of an unknown kind is ignored",
             {{"apiVersion", document.api_version},
              {"kind", near.empty() ? kind : kind + " (did you mean " + near + "?)"},
              {"at", to_text(document.source())}});
}

void Loader::note_fixed(const Document& document) {
  out_.fixed_fingerprint = out_.fixed_fingerprint * 31 + document.root.fingerprint();
}

bool Loader::is_elsewhere(const Document& document) const {
  const std::string& given = document.name_space;
  if (request_.name_space.empty() || given.empty() || given == request_.name_space) return false;
  log::info(kScope, "a resource of another namespace is left out",
            {{"kind", document.kind},
             {"name", document.name},
             {"namespace", given},
             {"at", to_text(document.source())}});
  return true;
}

void Loader::take_component(Document& document) {
  if (!is_elsewhere(document)) out_.components.push_back(read_component(document));
}

void Loader::take_http_endpoint(Document& document) {
  note_fixed(document);
  if (!is_elsewhere(document)) out_.http_endpoints.push_back(read_http_endpoint(document));
}

void Loader::take_subscription(Document& document) {
  if (!is_elsewhere(document)) out_.subscriptions.push_back(read_subscription(document));
}

void Loader::take_configuration(Document& document) {
  if (request_.configurations == ConfigurationDocuments::kRead) {
    read_configuration(document, out_.configuration);
    return;
  }
  log::info(kScope, "a Configuration among the resources is ignored; name its file by --config",
            {{"at", to_text(document.source())}});
}

void Loader::take_app(Document& document) {
  note_fixed(document);
  out_.apps.push_back(read_app(document));
}

void Loader::take_lane(Document& document) {
  out_.lanes_fingerprint = out_.lanes_fingerprint * 31 + document.root.fingerprint();
  out_.lanes.push_back(read_lane(document));
}

void Loader::take_lane_rules(Document& document) {
  out_.lanes_fingerprint = out_.lanes_fingerprint * 31 + document.root.fingerprint();
  LaneRules rules = read_lane_rules(document);
  if (out_.lane_rules) {
    problems_.add(rules.source, "kind",
                  "a hub has one LaneRules, and there is one already at " +
                      to_text(out_.lane_rules->source) + "; join the two");
    return;
  }
  out_.lane_rules = std::move(rules);
}

void Loader::take_uplink(Document& document) {
  note_fixed(document);
  Uplink uplink = read_uplink(document);
  if (out_.uplink) {
    problems_.add(uplink.source, "kind",
                  "a hub has one Uplink, and there is one already at " +
                      to_text(out_.uplink->source) + "; remove one of them");
    return;
  }
  out_.uplink = std::move(uplink);
}

void Loader::take_peer(Document& document) {
  note_fixed(document);
  out_.peers.push_back(read_peer(document));
}

void Loader::take_unused(Document& document) {
  out_.not_used_yet.push_back(
      {.kind = document.kind, .name = document.name, .source = document.source()});
}

void Loader::warn_of_unused() const {
  std::string names;
  for (const NotUsedYet& item : out_.not_used_yet) {
    names += (names.empty() ? "" : ", ") + item.kind + " " + item.name + " (" +
             to_text(item.source) + ")";
  }
  if (names.empty()) return;
  log::warn(kScope, "resources of kinds that this version does not use yet are ignored",
            {{"resources", names}});
}

// Names that must be unique, and where each was first seen.
class Unique {
 public:
  Unique(Problems& problems, std::string_view field, std::string_view what)
      : problems_(problems), field_(field), what_(what) {}

  void add(const std::string& name, const Source& source) { add(name, source, field_); }
  void add(const std::string& name, const Source& source, std::string_view field) {
    if (name.empty()) return;
    const auto [first, is_new] = seen_.try_emplace(name, source);
    if (is_new) return;
    problems_.add(source, field,
                  what_ + " " + in_quotes(name) + " is defined already at " +
                      to_text(first->second) + "; give each its own");
  }

 private:
  Problems& problems_;
  std::string field_;
  std::string what_;
  std::map<std::string, Source> seen_;
};

void Loader::refuse_twins() {
  Unique components(problems_, "metadata.name", "the component");
  for (const Component& item : out_.components) components.add(item.name, item.source);
  Unique endpoints(problems_, "metadata.name", "the HTTP endpoint");
  for (const HttpEndpoint& item : out_.http_endpoints) endpoints.add(item.name, item.source);
  Unique apps(problems_, "metadata.name", "the app");
  Unique ports(problems_, "spec.api.port", "the API port");
  for (const App& app : out_.apps) {
    apps.add(app.instance(), app.source);
    for (const auto& port : {app.api_port, app.api_grpc_port}) {
      if (port) ports.add(std::to_string(*port), app.source);
    }
  }
  for (const Peer& peer : out_.peers) {
    for (const PeerApp& app : peer.apps) apps.add(app.instance(), app.source, app.field);
  }
}

// A rule's lane is one that the hub has: declared, or an app's.
void Loader::check_lanes() {
  Unique twins(problems_, "metadata.name", "the lane");
  std::vector<std::string_view> known = {"base"};
  for (const Lane& lane : out_.lanes) {
    if (!lane.spec.id.is_base()) twins.add(std::string(lane.spec.id.view()), lane.source);
    known.push_back(lane.spec.id.view());
  }
  for (const App& app : out_.apps) known.push_back(app.lane);
  for (const Peer& peer : out_.peers) {
    for (const PeerApp& app : peer.apps) known.push_back(app.lane);
  }
  if (!out_.lane_rules) return;
  for (const auto* rules : {&out_.lane_rules->devices, &out_.lane_rules->users}) {
    for (const LaneRule& rule : *rules) {
      if (rule.lane.empty() || std::ranges::find(known, rule.lane) != known.end()) continue;
      const std::string near(closest(rule.lane, known));
      problems_.add(rule.source, rule.field,
                    "there is no lane " + in_quotes(rule.lane) +
                        (near.empty() ? "; add a resource of kind Lane with this name"
                                      : "; did you mean " + near + "?"));
    }
  }
}

Result<Resources> Loader::finish() {
  refuse_twins();
  check_lanes();
  if (const Status status = problems_.status(); !status) return status.error();
  warn_of_unused();
  return std::move(out_);
}

}  // namespace

Result<Resources> read_resources(const std::vector<TextFile>& files, const LoadRequest& request) {
  Loader loader(request);
  for (const TextFile& file : files) loader.read(file);
  return loader.finish();
}

Result<Resources> load_resources(const LoadRequest& request) {
  Loader loader(request);
  for (const std::string& path : request.paths) {
    for (const TextFile& file : read_path(path, request.missing, loader.problems())) {
      loader.read(file);
    }
  }
  for (const std::string& path : request.config_files) {
    for (const TextFile& file : read_config_file(path, loader.problems())) loader.read(file);
  }
  return loader.finish();
}

}  // namespace edge::daemon
