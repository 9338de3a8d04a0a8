// Metrics as Prometheus reads them: counters, gauges and histograms, each with labels.
//
// Everything is on the loop's thread, so that counting is a plain addition. Whoever counts asks for
// a series once and keeps it: a series lives as long as its family. A family shows at most
// kMaxSeries series; whatever would be one more is counted in a last one whose labels all are
// "other". Source: Prometheus text exposition format 0.0.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/base/time.h"

namespace edge::observe {

inline constexpr std::size_t kMaxSeries = 200;
inline constexpr std::string_view kOther = "other";

class Counter {
 public:
  void add(std::uint64_t count = 1) noexcept { value_ += count; }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

// What is set rather than counted, also where another has done the counting.
class Gauge {
 public:
  void set(double value) noexcept { value_ = value; }
  [[nodiscard]] double value() const noexcept { return value_; }

 private:
  double value_ = 0;
};

// Upper bounds in the unit that is counted in, and how many of them make the unit that is shown.
struct Buckets {
  std::span<const std::uint64_t> bounds;
  std::uint64_t scale;
};

// Source: wire reference §18.1. Counted in nanoseconds, shown in milliseconds.
const Buckets& latency_buckets() noexcept;
const Buckets& size_buckets() noexcept;

class Histogram {
 public:
  explicit Histogram(const Buckets& buckets);

  void observe(std::uint64_t value) noexcept;
  void observe(Duration took) noexcept {
    observe(static_cast<std::uint64_t>(took.count() < 0 ? 0 : took.count()));
  }

  [[nodiscard]] const Buckets& buckets() const noexcept { return *buckets_; }
  // How many fell into each bucket alone; the last one is for all above the bounds.
  [[nodiscard]] std::span<const std::uint64_t> counts() const noexcept {
    return {counts_.get(), buckets_->bounds.size() + 1};
  }
  [[nodiscard]] std::uint64_t sum() const noexcept { return sum_; }

 private:
  const Buckets* buckets_;
  std::unique_ptr<std::uint64_t[]> counts_;
  std::uint64_t sum_ = 0;
};

enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };

// What a metric is.
struct Metric {
  std::string name;  // as it is shown
  Kind kind;
  std::string_view help;  // a literal, as are the labels
  std::vector<std::string_view> labels;
  const Buckets* buckets = nullptr;  // of a histogram
};

class AnyFamily {
 public:
  virtual ~AnyFamily() = default;
  // Appends HELP, TYPE and a line for each value; nothing where there is no series.
  virtual void show(std::string& out) const = 0;
};

// Families in the order in which they are shown.
class Registry {
 public:
  void add(const AnyFamily& family) { families_.push_back(&family); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<const AnyFamily*> families_;
};

// One metric with all its series. `Series` is Counter, Gauge or Histogram.
template <class Series>
class Family final : public AnyFamily {
 public:
  Family(Registry& registry, Metric metric);
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  // The series with these values, in the order of the labels; made when it is first asked for.
  Series& with(std::initializer_list<std::string_view> values);
  [[nodiscard]] std::size_t size() const noexcept { return series_.size(); }
  // Forgets all series; legal where nobody keeps one.
  void clear() noexcept { series_.clear(); }

  void show(std::string& out) const override;

 private:
  Series& find_or_make(std::string labels);
  std::string labels_text(std::initializer_list<std::string_view> values) const;

  Metric metric_;
  std::map<std::string, Series, std::less<>> series_;  // by their labels as they are shown
};

extern template class Family<Counter>;
extern template class Family<Gauge>;
extern template class Family<Histogram>;

}  // namespace edge::observe
