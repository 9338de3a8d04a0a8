#include "edge/net/mdns/responder.h"

#include <algorithm>
#include <utility>

namespace edge::mdns {
namespace {

constexpr int kAnnouncements = 2;
constexpr Duration kPause = std::chrono::seconds(1);
// Between two services, so that a hub with many apps does not fill anybody's buffer.
constexpr Duration kSpacing = std::chrono::milliseconds(5);
// Several may have an answer.
constexpr Duration kShortestWait = std::chrono::milliseconds(20);
constexpr std::uint64_t kSpreadMs = 100;
// Who knows of a service for at least so long need not be told.
constexpr std::uint32_t kFreshSeconds = 60;

bool asks_for(const Message& query, const Service& service) {
  const auto names = [&](const Question& question) {
    return same_name(question.name, service.type) || same_name(question.name, service.instance) ||
           same_name(question.name, service.host);
  };
  return std::any_of(query.questions.begin(), query.questions.end(), names);
}

bool knows(const Message& query, const Service& service) {
  const auto is_it = [&](const Record& record) {
    return record.type == Type::kPtr && record.seconds >= kFreshSeconds &&
           same_name(record.target, service.instance);
  };
  return std::any_of(query.records.begin(), query.records.end(), is_it);
}

}  // namespace

Responder::Responder(Loop& loop, Link& link, std::vector<Service> services)
    : Timer(loop), loop_(loop), link_(link) {
  for (Service& service : services) offers_.emplace_back().service = std::move(service);
}

void Responder::announce() {
  TimePoint due = loop_.now();
  for (Offer& offer : offers_) {
    offer.announcements = kAnnouncements;
    offer.due = due;
    due += kSpacing;
  }
  rearm();
}

void Responder::heard(const Message& query) {
  for (Offer& offer : offers_) {
    if (asks_for(query, offer.service) && !knows(query, offer.service)) answer(offer);
  }
  rearm();
}

void Responder::answer(Offer& offer) {
  const Duration spread = std::chrono::milliseconds(loop_.random().below(kSpreadMs));
  const TimePoint soon = loop_.now() + kShortestWait + spread;
  const TimePoint when =
      offer.answered == TimePoint() ? soon : std::max(soon, offer.answered + kPause);
  if (offer.due && *offer.due <= when) return;
  offer.due = when;
  offer.asked = true;
}

void Responder::say_goodbye() {
  disarm();
  for (const Offer& offer : offers_) link_.tell_gone(offer.service);
  offers_.clear();
}

bool Responder::offers(const Name& instance) const noexcept {
  return std::any_of(offers_.begin(), offers_.end(), [&](const Offer& offer) {
    return same_name(offer.service.instance, instance);
  });
}

void Responder::send(Offer& offer) {
  link_.tell(offer.service);
  if (std::exchange(offer.asked, false)) offer.answered = loop_.now();
  if (offer.announcements > 0) --offer.announcements;
  offer.due.reset();
  if (offer.announcements > 0) offer.due = loop_.now() + kPause;
}

void Responder::rearm() {
  std::optional<TimePoint> next;
  for (const Offer& offer : offers_) {
    if (offer.due && (!next || *offer.due < *next)) next = offer.due;
  }
  if (next) arm(*next);
}

void Responder::expired() noexcept {
  for (Offer& offer : offers_) {
    if (offer.due && *offer.due <= loop_.now()) send(offer);
  }
  rearm();
}

}  // namespace edge::mdns
