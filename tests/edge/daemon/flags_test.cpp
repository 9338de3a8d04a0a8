#include "edge/daemon/flags.h"

#include <array>

#include <gtest/gtest.h>

#include "edge/daemon/flags_table.h"
#include "tests/edge/daemon/resources_support.h"

namespace edge::daemon {
namespace {

using namespace std::chrono_literals;
using Arguments = std::vector<std::string>;

Options parsed(const Arguments& arguments) {
  const auto options = parse_flags(arguments);
  EXPECT_TRUE(options) << options.error().message;
  return options ? *options : Options{};
}

std::string fault(const Arguments& arguments) {
  const auto options = parse_flags(arguments);
  return options ? "" : options.error().message;
}

TEST(Flags, ValuesMayBeWrittenInFourWays) {
  for (const Arguments& arguments : {Arguments{"-app-id", "lamp"}, Arguments{"--app-id", "lamp"},
                                     Arguments{"-app-id=lamp"}, Arguments{"--app-id=lamp"}}) {
    EXPECT_EQ(parsed(arguments).app_id, "lamp") << arguments[0];
  }
}

TEST(Flags, BooleansMayStandAlone) {
  EXPECT_EQ(parsed({"--log-as-json"}).log_format, log::Format::kJson);
  EXPECT_EQ(parsed({"-log-as-json=true"}).log_format, log::Format::kJson);
  EXPECT_EQ(parsed({"--log-as-json=T"}).log_format, log::Format::kJson);
  EXPECT_EQ(parsed({"--log-as-json=0"}).log_format, log::Format::kText);
  EXPECT_EQ(parsed({"--log-as-json", "False"}).log_format, log::Format::kText);
  EXPECT_EQ(parsed({"--log-as-json", "true", "--app-id", "a"}).log_format, log::Format::kJson);
  EXPECT_EQ(parsed({"--log-as-json", "--app-id", "a"}).app_id, "a");
}

TEST(Flags, TheLastValueCounts) {
  EXPECT_EQ(parsed({"--dapr-http-port=1", "--dapr-http-port=2"}).http_port, 2);
  EXPECT_EQ(parsed({"--app-id=a", "--app-port=1", "--app-port="}).app_port, std::nullopt);
}

TEST(Flags, ListsTakeCommasAndRepetition) {
  const Options options =
      parsed({"--resources-path", "a,b", "--resources-path=c", "--config=x", "--config", "y, z",
              "--allowed-origins=*", "--dapr-listen-addresses=127.0.0.1,[::1]"});
  EXPECT_EQ(options.resources_paths, (Arguments{"a", "b", "c"}));
  EXPECT_EQ(options.config_files, (Arguments{"x", "y", "z"}));
  EXPECT_EQ(options.allowed_origins, Arguments{"*"});
  EXPECT_EQ(options.listen_addresses, (Arguments{"127.0.0.1", "::1"}));
}

TEST(Flags, DefaultsOfAHub) {
  const Options options = parsed({});
  EXPECT_TRUE(options.is_hub());
  EXPECT_EQ(options.action, Options::Action::kRun);
  EXPECT_EQ(options.http_port, 3500);
  EXPECT_EQ(options.grpc_port, 50001);
  EXPECT_FALSE(options.grpc_port_given);
  EXPECT_EQ(options.listen_addresses, Arguments{"127.0.0.1"});
  EXPECT_EQ(options.resources_paths, Arguments{"/etc/edgelane"});
  EXPECT_EQ(options.missing_resources, MissingPath::kIsIgnored);
  EXPECT_EQ(options.data_dir, "/var/lib/edgelane");
  EXPECT_EQ(options.run_dir, "/run/edgelane");
  EXPECT_EQ(options.max_body_size_bytes, 4u << 20U);
  EXPECT_EQ(options.read_buffer_size_bytes, 4096u);
  EXPECT_EQ(options.graceful_shutdown, 5s);
  EXPECT_EQ(options.block_shutdown, Duration(0));
  EXPECT_EQ(options.log_level, log::Level::kInfo);
  EXPECT_FALSE(options.api_logging);
  EXPECT_TRUE(options.warnings.empty());
}

TEST(Flags, DefaultsOfOneApp) {
  const Options options = parsed({"--app-id", "lamp"});
  EXPECT_FALSE(options.is_hub());
  EXPECT_TRUE(options.listen_addresses.empty());
  EXPECT_TRUE(options.resources_paths.empty());
  EXPECT_EQ(options.missing_resources, MissingPath::kIsError);
  EXPECT_EQ(options.data_dir, "");
  EXPECT_EQ(options.run_dir, "");
  EXPECT_FALSE(options.app_port);
  EXPECT_EQ(options.app_channel_address, "127.0.0.1");
  EXPECT_EQ(options.app_protocol, AppProtocol::kHttp);
  EXPECT_EQ(options.app_max_concurrency, 0u);
  EXPECT_FALSE(options.app_health.enabled);
  EXPECT_EQ(options.app_health.path, "/healthz");
  EXPECT_EQ(options.app_health.interval, Duration(5s));
  EXPECT_EQ(options.app_health.timeout, Duration(500ms));
  EXPECT_EQ(options.app_health.threshold, 3u);
}

TEST(Flags, RootPutsEverythingIntoOneDirectory) {
  for (const Arguments& arguments :
       {Arguments{"--root=/r"}, Arguments{"--root=/r", "--app-id=a"}}) {
    const Options options = parsed(arguments);
    EXPECT_EQ(options.resources_paths, Arguments{"/r/etc"});
    EXPECT_EQ(options.missing_resources, MissingPath::kIsIgnored);
    EXPECT_EQ(options.data_dir, "/r/data");
    EXPECT_EQ(options.run_dir, "/r/run");
  }
  const Options options =
      parsed({"--root=/r", "--resources-path=/x", "--data-dir=/d", "--run-dir=/s"});
  EXPECT_EQ(options.resources_paths, Arguments{"/x"});
  EXPECT_EQ(options.missing_resources, MissingPath::kIsError);
  EXPECT_EQ(options.data_dir, "/d");
  EXPECT_EQ(options.run_dir, "/s");
}

TEST(Flags, AnExplicitlyEmptyListMeansEveryInterfaceForAHubToo) {
  EXPECT_TRUE(parsed({"--dapr-listen-addresses="}).listen_addresses.empty());
}

TEST(Flags, DeprecatedFormsGiveWayToTheNewOnes) {
  Options options = parsed({"--dapr-http-max-request-size=8", "--dapr-http-read-buffer-size=16",
                            "--components-path=/c"});
  EXPECT_EQ(options.max_body_size_bytes, 8u << 20U);
  EXPECT_EQ(options.read_buffer_size_bytes, 16u << 10U);
  EXPECT_EQ(options.resources_paths, Arguments{"/c"});
  ASSERT_EQ(options.warnings.size(), 1u);
  EXPECT_EQ(options.warnings[0],
            "deprecated flags: --dapr-http-max-request-size (use --max-body-size), "
            "--dapr-http-read-buffer-size (use --read-buffer-size), --components-path (use "
            "--resources-path)");
  options = parsed({"--dapr-http-max-request-size=8", "--dapr-http-read-buffer-size=16",
                    "--components-path=/c", "--max-body-size=1Ki", "--read-buffer-size=2Ki",
                    "--resources-path=/r"});
  EXPECT_EQ(options.max_body_size_bytes, 1024u);
  EXPECT_EQ(options.read_buffer_size_bytes, 2048u);
  EXPECT_EQ(options.resources_paths, Arguments{"/r"});
  EXPECT_EQ(parsed({"--dapr-http-max-request-size=-1"}).max_body_size_bytes, 0u);
  EXPECT_EQ(parsed({"--app-id=a", "--app-ssl"}).app_protocol, AppProtocol::kHttps);
  EXPECT_EQ(parsed({"--app-id=a", "--app-ssl=false"}).app_protocol, AppProtocol::kHttp);
}

TEST(Flags, OneWarningForAllThatIsNotThereYet) {
  const Options options =
      parsed({"--enable-mtls", "--placement-host-address=p:50005", "--profile-port", "7777",
              "--enable-profiling=true", "--dapr-grpc-port=50002"});
  ASSERT_EQ(options.warnings.size(), 1u);
  EXPECT_EQ(options.warnings[0],
            "flags whose feature is not there yet are ignored: --enable-profiling, "
            "--profile-port, --enable-mtls, --placement-host-address");
  EXPECT_EQ(options.grpc_port, 50002);
  EXPECT_TRUE(options.grpc_port_given);
}

TEST(Flags, NoWarningWhereNothingIsAskedFor) {
  EXPECT_TRUE(parsed({"--enable-mtls=false", "--enable-metrics=false", "--enable-profiling=false",
                      "--placement-host-address", "",
                      "--scheduler-host-address=", "--hot-reload-reconcile-interval=0",
                      "--sentry-address=", "--dapr-internal-grpc-port=", "--reminders-service=x",
                      "--actors-service=y", "--disable-builtin-k8s-secret-store=false"})
                  .warnings.empty());
}

TEST(Flags, TheInternalPortIsOpenWhereItIsAskedFor) {
  EXPECT_FALSE(parsed({}).internal_grpc_port);
  const Options options = parsed(
      {"--dapr-internal-grpc-port", "50002", "--dapr-internal-grpc-listen-address", "[::1]"});
  EXPECT_EQ(options.internal_grpc_port, 50002);
  EXPECT_EQ(options.internal_listen_address, "::1");
  EXPECT_NE(fault({"--dapr-internal-grpc-port=3500"}).find("3500 is also --dapr-http-port"),
            std::string::npos);
}

TEST(Flags, ActionsNeedNothingElse) {
  EXPECT_EQ(parsed({"--version"}).action, Options::Action::kVersion);
  EXPECT_EQ(parsed({"--build-info"}).action, Options::Action::kBuildInfo);
  EXPECT_EQ(parsed({"--wait", "--dapr-http-port=3501"}).action, Options::Action::kWait);
  EXPECT_EQ(parsed({"--wait", "--dapr-http-port=3501"}).http_port, 3501);
  EXPECT_EQ(parsed({"--version=false"}).action, Options::Action::kRun);
  EXPECT_EQ(parsed({"--version", "--app-port=1"}).action, Options::Action::kVersion);
  for (const auto* help : {"--help", "-h", "-help", "--h"}) {
    EXPECT_EQ(parsed({help, "--nonsense"}).action, Options::Action::kHelp) << help;
  }
}

TEST(Flags, WhatIsNoFlagIsRefused) {
  EXPECT_EQ(fault({"--app-prot=1"}),
            "unknown flag \"--app-prot\"; did you mean --app-port? see --help");
  EXPECT_EQ(fault({"-resource-path", "x"}),
            "unknown flag \"--resource-path\"; did you mean --resources-path? see --help");
  EXPECT_EQ(fault({"--colour=red"}), "unknown flag \"--colour\"; see --help");
  EXPECT_EQ(fault({"-p", "1"}), "unknown flag \"--p\"; see --help");
  EXPECT_EQ(fault({"serve"}), "unexpected argument \"serve\"; flags begin with --, see --help");
  EXPECT_EQ(fault({"-"}), "unexpected argument \"-\"; flags begin with --, see --help");
  EXPECT_EQ(fault({""}), "unexpected argument \"\"; flags begin with --, see --help");
  EXPECT_EQ(fault({"--", "app"}), "unexpected argument \"--\"; flags begin with --, see --help");
  EXPECT_EQ(fault({"--"}), "");
  EXPECT_EQ(fault({"--app-port"}), "--app-port: needs a value; write it as --app-port=PORT");
}

TEST(Flags, WhatDescribesTheOneAppNeedsItsId) {
  const std::string remedy =
      ": needs --app-id; name the app, or describe it in an App resource of the hub";
  EXPECT_EQ(fault({"--app-port=3000"}), "--app-port" + remedy);
  EXPECT_EQ(fault({"--enable-app-health-check"}), "--enable-app-health-check" + remedy);
  EXPECT_EQ(fault({"--unix-domain-socket=/tmp"}), "--unix-domain-socket" + remedy);
  EXPECT_EQ(fault({"--app-port=", "--app-protocol=http", "--app-max-concurrency=-1"}), "");
  EXPECT_EQ(fault({"--app-id=a", "--default-app=b"}),
            "--default-app: is for a hub, not for --app-id; leave one of them out");
  EXPECT_EQ(parsed({"--default-app=lamp"}).default_app, "lamp");
}

TEST(Flags, PortsMustDiffer) {
  EXPECT_EQ(fault({"--app-id=a", "--app-port=3500"}),
            "--app-port: 3500 is also --dapr-http-port; choose another port");
  EXPECT_EQ(fault({"--app-id=a", "--app-port=50001"}),
            "--app-port: 50001 is also --dapr-grpc-port; choose another port");
  EXPECT_EQ(fault({"--dapr-http-port=50001"}),
            "--dapr-http-port: 50001 is also --dapr-grpc-port; choose another port");
  EXPECT_EQ(fault({"--dapr-public-port=3500"}),
            "--dapr-public-port: 3500 is also --dapr-http-port; choose another port");
  EXPECT_EQ(fault({"--dapr-http-port=0", "--dapr-grpc-port=0", "--dapr-public-port=0"}), "");
}

TEST(Flags, ProbesMustEndBeforeTheNext) {
  EXPECT_EQ(
      fault({"--app-id=a", "--app-health-probe-interval=1", "--app-health-probe-timeout=1000"}),
      "--app-health-probe-timeout: 1s is not less than the interval of 1s; shorten it, or "
      "lengthen --app-health-probe-interval");
  EXPECT_EQ(
      fault({"--app-id=a", "--app-health-probe-interval=1", "--app-health-probe-timeout=999"}), "");
}

TEST(Flags, ASocketsPathMustFit) {
  const std::string directory = "/" + std::string(90, 'd');
  EXPECT_EQ(parsed({"--app-id=a", "--unix-domain-socket=/tmp"}).unix_domain_socket, "/tmp");
  EXPECT_NE(fault({"--app-id=a", "--unix-domain-socket=" + directory})
                .find("is over 107 bytes; choose a shorter directory"),
            std::string::npos);
}

constexpr auto kDaprdFlags = std::to_array<std::string_view>({
    "app-id",
    "app-port",
    "app-protocol",
    "app-channel-address",
    "app-max-concurrency",
    "app-ssl",
    "mode",
    "dapr-http-port",
    "dapr-grpc-port",
    "dapr-internal-grpc-port",
    "dapr-internal-grpc-listen-address",
    "dapr-listen-addresses",
    "dapr-public-port",
    "dapr-public-listen-address",
    "unix-domain-socket",
    "resources-path",
    "components-path",
    "config",
    "max-body-size",
    "read-buffer-size",
    "dapr-http-max-request-size",
    "dapr-http-read-buffer-size",
    "allowed-origins",
    "enable-api-logging",
    "enable-app-health-check",
    "app-health-check-path",
    "app-health-probe-interval",
    "app-health-probe-timeout",
    "app-health-threshold",
    "disable-init-endpoints",
    "app-binding-options-timeout",
    "dapr-graceful-shutdown-seconds",
    "dapr-block-shutdown-duration",
    "log-level",
    "log-as-json",
    "log-file",
    "enable-metrics",
    "metrics-port",
    "metrics-listen-address",
    "enable-profiling",
    "profile-port",
    "enable-mtls",
    "sentry-address",
    "control-plane-address",
    "control-plane-trust-domain",
    "control-plane-namespace",
    "sentry-request-jwt-audiences",
    "placement-host-address",
    "scheduler-host-address",
    "scheduler-job-streams",
    "actors-disseminate-timeout",
    "hot-reload-reconcile-interval",
    "disable-builtin-k8s-secret-store",
    "reminders-service",
    "actors-service",
    "version",
    "build-info",
    "wait",
});

TEST(Flags, EveryFlagOfDaprdIsKnown) {
  for (const auto name : kDaprdFlags) EXPECT_TRUE(find_flag(name)) << name;
}

TEST(Flags, DefaultsInTheTableAreValidValues) {
  for (const FlagGroup& group : flag_groups()) {
    for (const FlagRow& row : group.rows) {
      Draft draft;
      if (row.fallback.empty()) continue;
      const Status done = row.set(draft, row.fallback);
      EXPECT_TRUE(done) << row.name << ": " << done.error().message;
    }
  }
}

TEST(Flags, HelpNamesEveryFlagWithin100Columns) {
  const std::string help = help_text("edgelaned");
  for (const FlagGroup& group : flag_groups()) {
    for (const FlagRow& row : group.rows) {
      const bool shown = help.contains("  --" + std::string(row.name));
      EXPECT_EQ(shown, group.use != FlagUse::kNever) << row.name;
    }
  }
  EXPECT_TRUE(help.contains("(default 3500)"));
  EXPECT_TRUE(help.contains("(deprecated: use --max-body-size)"));
  EXPECT_FALSE(help.contains("(default false)"));
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = std::min(help.find('\n', at), help.size());
    EXPECT_LE(end - at, 100u) << help.substr(at, end - at);
    EXPECT_FALSE(end > at && help[end - 1] == ' ') << help.substr(at, end - at);
    at = end + 1;
  }
}

TEST(CommandLineApp, TakesFlagsAndEnvironment) {
  const Options options =
      parsed({"--app-id=lamp", "--app-port=9001", "--app-protocol=https", "--app-max-concurrency=3",
              "--app-channel-address=host", "--enable-app-health-check"});
  const App app = command_line_app(
      options,
      environment_of({{"NAMESPACE", "home"}, {"DAPR_API_TOKEN", "in"}, {"APP_API_TOKEN", "out"}}));
  EXPECT_EQ(app.id, "lamp");
  EXPECT_EQ(app.name_space, "home");
  EXPECT_EQ(app.address, "host");
  EXPECT_EQ(app.port, 9001);
  EXPECT_EQ(app.protocol, AppProtocol::kHttps);
  EXPECT_EQ(app.max_concurrency, 3u);
  EXPECT_TRUE(app.health.enabled);
  EXPECT_EQ(app.api_token->text, "in");
  EXPECT_EQ(app.app_token->text, "out");
  EXPECT_TRUE(app.app_token->resolved);
  const App bare = command_line_app(parsed({"--app-id=lamp"}), environment_of({}));
  EXPECT_EQ(bare.name_space, "default");
  EXPECT_FALSE(bare.api_token);
  EXPECT_FALSE(bare.app_token);
}

TEST(LoadRequestOf, AHubReadsConfigurationsAndAllNamespaces) {
  const EnvLookup environment = environment_of({{"NAMESPACE", "home"}});
  const LoadRequest hub = load_request(parsed({"--config=c.yaml"}), environment);
  EXPECT_EQ(hub.paths, Arguments{"/etc/edgelane"});
  EXPECT_EQ(hub.missing, MissingPath::kIsIgnored);
  EXPECT_EQ(hub.config_files, Arguments{"c.yaml"});
  EXPECT_EQ(hub.configurations, ConfigurationDocuments::kRead);
  EXPECT_EQ(hub.name_space, "");
  const LoadRequest one = load_request(parsed({"--app-id=a", "--resources-path=r"}), environment);
  EXPECT_EQ(one.paths, Arguments{"r"});
  EXPECT_EQ(one.missing, MissingPath::kIsError);
  EXPECT_EQ(one.configurations, ConfigurationDocuments::kIgnored);
  EXPECT_EQ(one.name_space, "home");
  EXPECT_EQ(one.environment("NAMESPACE"), "home");
}

}  // namespace
}  // namespace edge::daemon
