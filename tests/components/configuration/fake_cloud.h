// A cloud whose broker keeps what a test puts there, and says it when it is asked.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "components/cloud/cloud.h"

namespace edge::configuration {

class FakeCloud final : public components::Cloud {
 public:
  [[nodiscard]] std::string uplink() const override { return name; }
  [[nodiscard]] std::string hub() const override { return "h1"; }
  [[nodiscard]] std::vector<std::string> lanes() const override { return lane_names; }
  void attach(components::CloudReader& reader) override {
    readers_.insert(&reader);
    if (is_linked_) reader.linked();
  }
  void leave(components::CloudReader& reader) override {
    readers_.erase(&reader);
    for (auto& [topic, readers] : asked_) readers.erase(&reader);
  }
  void ask(components::CloudReader& reader, const std::string& topic) override {
    asked_[topic].insert(&reader);
    ++times_asked[topic];
    if (is_linked_) tell(reader, topic);
  }
  void drop(components::CloudReader& reader, const std::string& topic) override {
    asked_[topic].erase(&reader);
  }

  void retain(const std::string& topic, const std::string& payload) {
    retained[topic] = payload;
    if (!is_linked_) return;
    for (auto* reader : std::set(asked_[topic])) reader->received(topic, payload);
  }
  void link() {
    is_linked_ = true;
    for (auto* reader : std::set(readers_)) {
      reader->linked();
      for (const auto& [topic, readers] : std::map(asked_)) {
        if (readers.contains(reader)) tell(*reader, topic);
      }
    }
  }
  void cut() {
    is_linked_ = false;
    for (auto* reader : std::set(readers_)) reader->unlinked("the line is cut");
  }
  void deny(const std::string& topic) {
    for (auto* reader : std::set(asked_[topic])) reader->denied(topic);
  }
  void set_lanes(std::vector<std::string> names) {
    lane_names = std::move(names);
    for (auto* reader : std::set(readers_)) reader->lanes_changed();
  }
  [[nodiscard]] std::set<std::string> topics() const {
    std::set<std::string> all;
    for (const auto& [topic, readers] : asked_) {
      if (!readers.empty()) all.insert(topic);
    }
    return all;
  }

  std::string name = "cloud";
  std::vector<std::string> lane_names;
  std::map<std::string, std::string> retained;
  std::map<std::string, int> times_asked;

 private:
  void tell(components::CloudReader& reader, const std::string& topic) {
    const auto found = retained.find(topic);
    if (found != retained.end()) reader.received(topic, std::string(found->second));
  }

  bool is_linked_ = false;
  std::set<components::CloudReader*> readers_;
  std::map<std::string, std::set<components::CloudReader*>> asked_;
};

}  // namespace edge::configuration
