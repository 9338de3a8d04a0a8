#include "edge/observe/metrics.h"

#include <array>
#include <cstdio>
#include <utility>

namespace edge::observe {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;  // in nanoseconds

template <std::size_t Count>
consteval std::array<std::uint64_t, Count> scaled(const std::array<std::uint64_t, Count>& numbers,
                                                  std::uint64_t scale) {
  std::array<std::uint64_t, Count> out = numbers;
  for (std::uint64_t& number : out) number *= scale;
  return out;
}

constexpr auto kMilliseconds =
    scaled(std::to_array<std::uint64_t>({1,    2,    3,    4,     5,     6,     8,     10,  13,
                                         16,   20,   25,   30,    40,    50,    65,    80,  100,
                                         130,  160,  200,  250,   300,   400,   500,   650, 800,
                                         1000, 2000, 5000, 10000, 20000, 50000, 100000}),
           kMillisecond);

constexpr auto kKilobytes =
    scaled(std::to_array<std::uint64_t>(
               {1, 2, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304}),
           1024);

constexpr Buckets kLatency = {kMilliseconds, kMillisecond};
constexpr Buckets kSize = {kKilobytes, 1};

// What may not stand in a label's value as it is.
void append_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

void append_help(std::string& out, std::string_view help) {
  for (const char c : help) out += c == '\n' ? ' ' : c;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  return "untyped";
}

std::string number_text(std::uint64_t number) {
  return std::to_string(number);
}

std::string number_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.15g", number);
  return text.data();
}

// `number` divided by `scale`, exactly enough.
std::string scaled_text(std::uint64_t number, std::uint64_t scale) {
  if (number % scale == 0) return number_text(number / scale);
  return number_text(static_cast<double>(number) / static_cast<double>(scale));
}

// A line's beginning: the name, and the labels with one more if there is one.
void append_line(std::string& out, std::string_view name, std::string_view labels,
                 std::string_view value) {
  out.append(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.append(" ").append(value).append("\n");
}

void show_series(std::string& out, std::string_view name, std::string_view labels,
                 const Counter& counter) {
  append_line(out, name, labels, number_text(counter.value()));
}

void show_series(std::string& out, std::string_view name, std::string_view labels,
                 const Gauge& gauge) {
  append_line(out, name, labels, number_text(gauge.value()));
}

void show_series(std::string& out, std::string_view name, std::string_view labels,
                 const Histogram& histogram) {
  const std::string base(name);
  const std::string before = labels.empty() ? "" : std::string(labels) + ",";
  const Buckets& buckets = histogram.buckets();
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    below += histogram.counts()[i];
    const bool last = i == buckets.bounds.size();
    const std::string bound = last ? "+Inf" : scaled_text(buckets.bounds[i], buckets.scale);
    append_line(out, base + "_bucket", before + "le=\"" + bound + "\"", number_text(below));
  }
  append_line(out, base + "_sum", labels, scaled_text(histogram.sum(), buckets.scale));
  append_line(out, base + "_count", labels, number_text(below));
}

template <class Series>
Series make_series(const Metric& metric) {
  if constexpr (std::is_same_v<Series, Histogram>) {
    return Histogram(*metric.buckets);
  } else {
    return Series();
  }
}

}  // namespace

const Buckets& latency_buckets() noexcept {
  return kLatency;
}

const Buckets& size_buckets() noexcept {
  return kSize;
}

Histogram::Histogram(const Buckets& buckets)
    : buckets_(&buckets), counts_(std::make_unique<std::uint64_t[]>(buckets.bounds.size() + 1)) {}

void Histogram::observe(std::uint64_t value) noexcept {
  const auto bounds = buckets_->bounds;
  std::size_t at = 0;
  while (at < bounds.size() && value > bounds[at]) ++at;
  ++counts_[at];
  sum_ += value;
}

std::string Registry::text() const {
  std::string out;
  for (const AnyFamily* family : families_) family->show(out);
  return out;
}

template <class Series>
Family<Series>::Family(Registry& registry, Metric metric) : metric_(std::move(metric)) {
  registry.add(*this);
}

template <class Series>
std::string Family<Series>::labels_text(std::initializer_list<std::string_view> values) const {
  std::string out;
  const auto* value = values.begin();
  for (const std::string_view label : metric_.labels) {
    if (!out.empty()) out += ',';
    out.append(label).append("=\"");
    if (value != values.end()) append_value(out, *value++);
    out += '"';
  }
  return out;
}

template <class Series>
Series& Family<Series>::with(std::initializer_list<std::string_view> values) {
  std::string labels = labels_text(values);
  const auto found = series_.find(labels);
  if (found != series_.end()) return found->second;
  if (series_.size() + 1 < kMaxSeries || metric_.labels.empty()) {
    return find_or_make(std::move(labels));
  }
  std::string others;
  for (const std::string_view label : metric_.labels) {
    if (!others.empty()) others += ',';
    others.append(label).append("=\"").append(kOther).append("\"");
  }
  return find_or_make(std::move(others));
}

template <class Series>
Series& Family<Series>::find_or_make(std::string labels) {
  const auto found = series_.find(labels);
  if (found != series_.end()) return found->second;
  return series_.emplace(std::move(labels), make_series<Series>(metric_)).first->second;
}

template <class Series>
void Family<Series>::show(std::string& out) const {
  if (series_.empty()) return;
  out.append("# HELP ").append(metric_.name).append(" ");
  append_help(out, metric_.help);
  out.append("\n# TYPE ").append(metric_.name).append(" ").append(kind_name(metric_.kind));
  out.append("\n");
  for (const auto& [labels, series] : series_) show_series(out, metric_.name, labels, series);
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

}  // namespace edge::observe
