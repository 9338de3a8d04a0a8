#include "edge/daemon/flags.h"

#include "edge/base/strings.h"
#include "edge/daemon/flags_table.h"
#include "edge/daemon/resources/closest.h"

namespace edge::daemon {
namespace {

Error fault(std::string message) {
  return {Code::kInvalidArgument, std::move(message)};
}

std::string dashed(std::string_view name) {
  return "--" + std::string(name);
}

Error unknown_flag(std::string_view name) {
  std::vector<std::string_view> known;
  for (const FlagGroup& group : flag_groups()) {
    for (const FlagRow& row : group.rows) known.push_back(row.name);
  }
  const std::string_view near = closest(name, known);
  const std::string hint = near.empty() ? "" : "did you mean " + dashed(near) + "? ";
  return fault("unknown flag " + in_quotes(dashed(name)) + "; " + hint + "see --help");
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  Result<Options> run() {
    while (next_ < arguments_.size()) {
      const std::string_view argument = arguments_[next_++];
      if (argument == "--" && next_ == arguments_.size()) break;
      if (const Status taken = take(argument); !taken) return taken.error();
      if (draft_.options.action == Options::Action::kHelp) return draft_.options;
    }
    const bool runs = draft_.options.action == Options::Action::kRun;
    if (const Status whole = complete(draft_); runs && !whole) return whole.error();
    warn_of_not_yet();
    warn_of_deprecated();
    return std::move(draft_.options);
  }

 private:
  Status take(std::string_view argument) {
    if (argument.size() < 2 || argument.front() != '-' || argument == "--") {
      return fault("unexpected argument " + in_quotes(argument) +
                   "; flags begin with --, see --help");
    }
    argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    if (name == "h") return set(*find_flag("help"), "true");
    const auto match = find_flag(name);
    if (!match) return unknown_flag(name);
    if (equals != std::string_view::npos) return set(*match, argument.substr(equals + 1));
    if (match->row->argument.empty()) return set(*match, take_bool());
    if (next_ == arguments_.size()) {
      return fault(dashed(name) + ": needs a value; write it as " + dashed(name) + "=" +
                   std::string(match->row->argument));
    }
    return set(*match, arguments_[next_++]);
  }

  // "--flag" alone is true; "--flag false" is what it looks like.
  std::string_view take_bool() {
    if (next_ == arguments_.size()) return "true";
    const std::string_view after = arguments_[next_];
    const bool is_value =
        equals_ignoring_case(after, "true") || equals_ignoring_case(after, "false");
    if (!is_value) return "true";
    ++next_;
    return equals_ignoring_case(after, "true") ? "true" : "false";
  }

  Status set(const FlagMatch& match, std::string_view value) {
    const FlagRow& row = *match.row;
    draft_.given[row.name] = std::string(value);
    const Status done = row.set(draft_, value);
    if (!done) return done.error().within(dashed(row.name));
    return {};
  }

  // Whether the value given asks for something that the default, "" and false do not.
  [[nodiscard]] bool asks(const FlagRow& row) const {
    const auto given = draft_.given.find(row.name);
    if (given == draft_.given.end() || given->second.empty()) return false;
    return !row.argument.empty() || is_truthy(given->second);
  }

  void warn_of_not_yet() {
    std::string names;
    for (const FlagGroup& group : flag_groups()) {
      if (group.use != FlagUse::kNotYet) continue;
      for (const FlagRow& row : group.rows) {
        if (asks(row)) names += (names.empty() ? "" : ", ") + dashed(row.name);
      }
    }
    if (names.empty()) return;
    draft_.options.warnings.push_back("flags whose feature is not there yet are ignored: " + names);
  }

  void warn_of_deprecated() {
    std::string names;
    for (const FlagGroup& group : flag_groups()) {
      for (const FlagRow& row : group.rows) {
        if (row.instead.empty() || !draft_.has(row.name)) continue;
        names += (names.empty() ? "" : ", ") + dashed(row.name) + " (use " +
                 std::string(row.instead) + ")";
      }
    }
    if (!names.empty()) draft_.options.warnings.push_back("deprecated flags: " + names);
  }

  const std::vector<std::string>& arguments_;
  std::size_t next_ = 0;
  Draft draft_;
};

Value literal(std::string_view variable, std::string text) {
  Value value;
  value.text = std::move(text);
  value.field = std::string(variable);
  value.source.file = "environment";
  return value;
}

}  // namespace

Result<Options> parse_flags(const std::vector<std::string>& arguments) {
  return Parser(arguments).run();
}

App command_line_app(const Options& options, const EnvLookup& environment) {
  App app;
  app.id = options.app_id;
  app.name_space = environment("NAMESPACE").value_or("");
  if (app.name_space.empty()) app.name_space = "default";
  app.address = options.app_channel_address;
  app.port = options.app_port;
  app.protocol = options.app_protocol;
  app.max_concurrency = options.app_max_concurrency;
  app.health = options.app_health;
  app.source.file = "command line";
  const std::string api_token = environment("DAPR_API_TOKEN").value_or("");
  if (!api_token.empty()) app.api_token = literal("DAPR_API_TOKEN", api_token);
  const std::string app_token = environment("APP_API_TOKEN").value_or("");
  if (!app_token.empty()) app.app_token = literal("APP_API_TOKEN", app_token);
  return app;
}

LoadRequest load_request(const Options& options, const EnvLookup& environment) {
  LoadRequest request;
  request.paths = options.resources_paths;
  request.missing = options.missing_resources;
  request.config_files = options.config_files;
  if (options.is_hub()) {
    request.configurations = ConfigurationDocuments::kRead;
  } else {
    request.name_space = environment("NAMESPACE").value_or("");
  }
  request.environment = environment;
  return request;
}

}  // namespace edge::daemon
