// One call of a component in an app's name: counted, and how long it took, when it is done.
#pragma once

#include <cstdint>
#include <string_view>

#include "edge/api/services.h"

namespace edge::api {

// In whose name a component is called; null where nobody's.
struct CountedFor {
  Loop& loop;
  const blocks::App* app;
};

class ComponentCall {
 public:
  using Kind = observe::ComponentFamilies observe::ComponentMetrics::*;
  // `what`: the operation, or the topic; outlives this, as does the component's name.
  ComponentCall(CountedFor whom, Kind kind, std::string_view component, std::string_view what);
  // `events`: messages, where the call carried many.
  void done(std::string_view outcome, std::uint64_t events = 0) const;
  template <class Result>
  void done_with(const Result& result) const {
    done(observe::success_text(static_cast<bool>(result)));
  }

 private:
  CountedFor whom_;
  observe::AppMeter::Use use_;
  TimePoint began_;
};

}  // namespace edge::api
