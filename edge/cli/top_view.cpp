#include "edge/cli/top_view.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "edge/base/json.h"
#include "edge/cli/output.h"

namespace edge::cli {
namespace {

using Json = nlohmann::ordered_json;

// Reading.

std::uint64_t count_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

double number_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// The objects of the array of that name; none where it is missing.
nlohmann::json objects_of(const nlohmann::json& object, const char* name) {
  auto objects = nlohmann::json::array();
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return objects;
  for (const auto& item : *found) {
    if (item.is_object()) objects.push_back(item);
  }
  return objects;
}

template <class Number>
std::vector<Number> numbers_of(const nlohmann::json& object, const char* name) {
  std::vector<Number> numbers;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return numbers;
  for (const auto& item : *found) numbers.push_back(item.is_number() ? item.get<Number>() : 0);
  return numbers;
}

TopTraffic traffic_of(const nlohmann::json& app, const char* name) {
  const auto found = app.find(name);
  if (found == app.end() || !found->is_object()) return {};
  return {count_of(*found, "count"), count_of(*found, "errors"), count_of(*found, "inFlight"),
          numbers_of<std::uint64_t>(*found, "latency")};
}

// Comparing.

std::uint64_t grown(std::uint64_t before, std::uint64_t now) {
  return now > before ? now - before : 0;
}

template <class Item, class Same>
Item earlier(const std::vector<Item>& items, const Same& same) {
  const auto found = std::ranges::find_if(items, same);
  return found == items.end() ? Item{} : *found;
}

// Of the interval, or since the start where nothing happened in it.
std::vector<std::uint64_t> latency_between(const TopTraffic& before, const TopTraffic& now) {
  std::vector<std::uint64_t> buckets = now.latency;
  for (std::size_t i = 0; i < buckets.size() && i < before.latency.size(); ++i) {
    buckets[i] = grown(before.latency[i], buckets[i]);
  }
  const bool empty = std::ranges::all_of(buckets, [](std::uint64_t count) { return count == 0; });
  return empty ? now.latency : buckets;
}

struct AppRates {
  const TopApp* app;
  double requests, request_errors, calls, call_errors;
  std::optional<double> p50, p95;
};

struct ComponentRates {
  const TopComponent* component;
  double operations, errors;
};

struct TopicRates {
  const TopTopic* topic;
  double published, delivered, errors;
};

struct Rates {
  double seconds = 0;
  double cpu_percent = 0;
  std::vector<AppRates> apps;
  std::vector<ComponentRates> components;
  std::vector<TopicRates> topics;
};

AppRates rates_of(const TopApp& before, const TopApp& now, double seconds,
                  const std::vector<double>& bounds) {
  const auto rate = [seconds](std::uint64_t first, std::uint64_t last) {
    return static_cast<double>(grown(first, last)) / seconds;
  };
  const auto latency = latency_between(before.calls, now.calls);
  return {&now,
          rate(before.requests.count, now.requests.count),
          rate(before.requests.errors, now.requests.errors),
          rate(before.calls.count, now.calls.count),
          rate(before.calls.errors, now.calls.errors),
          quantile_ms(latency, bounds, 0.5),
          quantile_ms(latency, bounds, 0.95)};
}

Rates rates_between(const TopReading& given, const TopReading& now) {
  constexpr double kLeast = 0.001;
  const TopReading nothing;
  const TopReading& before = given.uptime_seconds > now.uptime_seconds ? nothing : given;
  Rates rates;
  rates.seconds = std::max(now.uptime_seconds - before.uptime_seconds, kLeast);
  const auto rate = [&rates](std::uint64_t first, std::uint64_t last) {
    return static_cast<double>(grown(first, last)) / rates.seconds;
  };
  rates.cpu_percent = std::max(now.cpu_seconds - before.cpu_seconds, 0.0) / rates.seconds * 100;
  for (const TopApp& app : now.apps) {
    const TopApp was = earlier(before.apps, [&app](const TopApp& one) { return one.id == app.id; });
    rates.apps.push_back(rates_of(was, app, rates.seconds, now.bounds_ms));
  }
  for (const TopComponent& component : now.components) {
    const TopComponent was = earlier(before.components, [&component](const TopComponent& one) {
      return one.name == component.name;
    });
    rates.components.push_back(
        {&component, rate(was.count, component.count), rate(was.errors, component.errors)});
  }
  for (const TopTopic& topic : now.topics) {
    const TopTopic was = earlier(before.topics, [&topic](const TopTopic& one) {
      return one.topic == topic.topic && one.component == topic.component;
    });
    rates.topics.push_back({&topic, rate(was.published, topic.published),
                            rate(was.delivered, topic.delivered), rate(was.errors, topic.errors)});
  }
  return rates;
}

// Showing.

std::string decimal(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), number < 10 ? "%.1f" : "%.0f", number);
  return text.data();
}

std::string decimal(const std::optional<double>& number) {
  return number ? decimal(*number) : "-";
}

std::string apps_text(const Rates& rates) {
  if (rates.apps.empty()) return "No apps.\n";
  std::vector<std::vector<std::string>> rows = {{"APP ID", "STATE", "REQUESTS/s", "ERRORS/s",
                                                 "CALLS/s", "ERRORS/s", "IN FLIGHT", "P50 ms",
                                                 "P95 ms"}};
  for (const AppRates& app : rates.apps) {
    rows.push_back({app.app->id, app.app->state, decimal(app.requests), decimal(app.request_errors),
                    decimal(app.calls), decimal(app.call_errors),
                    std::to_string(app.app->calls.in_flight), decimal(app.p50), decimal(app.p95)});
  }
  return table_text(rows);
}

std::string components_text(const Rates& rates) {
  if (rates.components.empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"COMPONENT", "TYPE", "USES/s", "ERRORS/s"}};
  for (const ComponentRates& one : rates.components) {
    rows.push_back(
        {one.component->name, one.component->type, decimal(one.operations), decimal(one.errors)});
  }
  return "\n" + table_text(rows);
}

std::string topics_text(const Rates& rates) {
  if (rates.topics.empty()) return "";
  std::vector<std::vector<std::string>> rows = {
      {"TOPIC", "COMPONENT", "PUBLISHED/s", "DELIVERED/s", "ERRORS/s"}};
  for (const TopicRates& one : rates.topics) {
    rows.push_back({one.topic->topic, one.topic->component, decimal(one.published),
                    decimal(one.delivered), decimal(one.errors)});
  }
  return "\n" + table_text(rows);
}

Json optional_json(const std::optional<double>& number) {
  return number ? Json(*number) : Json(nullptr);
}

}  // namespace

Result<TopReading> read_top(std::string_view json) {
  const auto told = parse_json(json);
  if (!told || !told->is_object() || !told->contains("latencyBoundsMs")) {
    return Error{Code::kInvalidArgument, "what answers there is not an Edgelane hub"};
  }
  TopReading reading;
  reading.version = text_of(*told, "version");
  reading.uptime_seconds = number_of(*told, "uptimeSeconds");
  reading.cpu_seconds = number_of(*told, "cpuSeconds");
  reading.pss_bytes = count_of(*told, "pssBytes");
  reading.resident_bytes = count_of(*told, "residentBytes");
  reading.open_fds = count_of(*told, "openFds");
  reading.bounds_ms = numbers_of<double>(*told, "latencyBoundsMs");
  for (const auto& app : objects_of(*told, "apps")) {
    reading.apps.push_back({text_of(app, "id"), text_of(app, "state"), traffic_of(app, "requests"),
                            traffic_of(app, "calls")});
  }
  for (const auto& one : objects_of(*told, "components")) {
    reading.components.push_back({text_of(one, "name"), text_of(one, "type"),
                                  count_of(one, "count"), count_of(one, "errors")});
  }
  for (const auto& one : objects_of(*told, "topics")) {
    reading.topics.push_back({text_of(one, "component"), text_of(one, "topic"),
                              count_of(one, "published"), count_of(one, "delivered"),
                              count_of(one, "errors")});
  }
  return reading;
}

std::optional<double> quantile_ms(const std::vector<std::uint64_t>& buckets,
                                  const std::vector<double>& bounds_ms, double share) {
  double all = 0;
  for (const std::uint64_t count : buckets) all += static_cast<double>(count);
  if (all == 0 || bounds_ms.empty()) return std::nullopt;
  double left = all * share;
  for (std::size_t i = 0; i < buckets.size() && i < bounds_ms.size(); ++i) {
    const auto count = static_cast<double>(buckets[i]);
    if (left <= count && count > 0) {
      const double lower = i == 0 ? 0 : bounds_ms[i - 1];
      return lower + (bounds_ms[i] - lower) * left / count;
    }
    left -= count;
  }
  return bounds_ms.back();
}

std::string top_text(const TopReading& before, const TopReading& now) {
  constexpr double kMegabyte = 1024 * 1024;
  const Rates rates = rates_between(before, now);
  const bool has_pss = now.pss_bytes > 0;
  const auto bytes = static_cast<double>(has_pss ? now.pss_bytes : now.resident_bytes);
  const auto up = std::chrono::seconds(static_cast<std::int64_t>(now.uptime_seconds));
  return "edgelane " + now.version + ", up " + short_age(up) + ", memory " +
         decimal(bytes / kMegabyte) + (has_pss ? " MiB PSS" : " MiB resident") + ", CPU " +
         decimal(rates.cpu_percent) + " %, " + std::to_string(now.open_fds) + " open files\n\n" +
         apps_text(rates) + components_text(rates) + topics_text(rates);
}

std::string top_json(const TopReading& before, const TopReading& now) {
  const Rates rates = rates_between(before, now);
  Json shown = {{"version", now.version},           {"uptimeSeconds", now.uptime_seconds},
                {"intervalSeconds", rates.seconds}, {"cpuPercent", rates.cpu_percent},
                {"pssBytes", now.pss_bytes},        {"residentBytes", now.resident_bytes},
                {"openFds", now.open_fds},          {"apps", Json::array()},
                {"components", Json::array()},      {"topics", Json::array()}};
  for (const AppRates& app : rates.apps) {
    shown["apps"].push_back({{"id", app.app->id},
                             {"state", app.app->state},
                             {"requestsPerSecond", app.requests},
                             {"requestErrorsPerSecond", app.request_errors},
                             {"callsPerSecond", app.calls},
                             {"callErrorsPerSecond", app.call_errors},
                             {"callsInFlight", app.app->calls.in_flight},
                             {"callP50Ms", optional_json(app.p50)},
                             {"callP95Ms", optional_json(app.p95)}});
  }
  for (const ComponentRates& one : rates.components) {
    shown["components"].push_back({{"name", one.component->name},
                                   {"type", one.component->type},
                                   {"usesPerSecond", one.operations},
                                   {"errorsPerSecond", one.errors}});
  }
  for (const TopicRates& one : rates.topics) {
    shown["topics"].push_back({{"topic", one.topic->topic},
                               {"component", one.topic->component},
                               {"publishedPerSecond", one.published},
                               {"deliveredPerSecond", one.delivered},
                               {"errorsPerSecond", one.errors}});
  }
  return shown.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace edge::cli
