#include "sync/run/retained_topics.h"

#include <utility>

namespace edge::sync {

using components::CloudReader;

template <class Call>
void RetainedTopics::tell(const Readers& readers, const Call& call) {
  for (CloudReader* reader : Readers(readers)) {
    if (readers.contains(reader)) call(*reader);
  }
}

RetainedTopics::Readers RetainedTopics::readers_of(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? Readers() : found->second;
}

void RetainedTopics::set_lanes(std::vector<std::string> lanes) {
  if (lanes == lanes_) return;
  lanes_ = std::move(lanes);
  tell(readers_, [](CloudReader& reader) { reader.lanes_changed(); });
}

void RetainedTopics::linked(TopicLink& link) {
  link_ = &link;
  for (const auto& [topic, readers] : topics_) link.ask(topic);
  tell(readers_, [](CloudReader& reader) { reader.linked(); });
}

void RetainedTopics::unlinked(const TopicLink& link, const std::string& why) {
  if (link_ != nullptr && link_ != &link) return;
  link_ = nullptr;
  tell(readers_, [&why](CloudReader& reader) { reader.unlinked(why); });
}

void RetainedTopics::received(const std::string& topic, const std::string& payload) {
  for (CloudReader* reader : readers_of(topic)) {
    if (readers_of(topic).contains(reader)) reader->received(topic, payload);
  }
}

void RetainedTopics::denied(const std::string& topic) {
  for (CloudReader* reader : readers_of(topic)) {
    if (readers_of(topic).contains(reader)) reader->denied(topic);
  }
}

void RetainedTopics::attach(CloudReader& reader) {
  readers_.insert(&reader);
  if (link_ != nullptr) reader.linked();
}

void RetainedTopics::leave(CloudReader& reader) {
  readers_.erase(&reader);
  std::vector<std::string> read;
  for (const auto& [topic, readers] : topics_) {
    if (readers.contains(&reader)) read.push_back(topic);
  }
  for (const std::string& topic : read) drop(reader, topic);
}

void RetainedTopics::ask(CloudReader& reader, const std::string& topic) {
  topics_[topic].insert(&reader);
  if (link_ != nullptr) link_->ask(topic);
}

void RetainedTopics::drop(CloudReader& reader, const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || found->second.erase(&reader) == 0) return;
  if (!found->second.empty()) return;
  topics_.erase(found);
  if (link_ != nullptr) link_->drop(topic);
}

}  // namespace edge::sync
