// The components of one kind by name, for a block whose components come and go while it serves.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/loop/sync.h"

namespace edge::blocks {

// `Entry` has a `name` and `scopes`, the app ids that may use it (none: every app). All on the
// loop.
template <class Entry>
class ComponentTable {
  struct Slot {
    Entry entry;
    std::size_t users = 0;
    Event* unused = nullptr;  // of the one who waits to take it
  };

 public:
  // Keeps its component open. Empty where nothing was found.
  class Lease {
   public:
    Lease() = default;
    explicit Lease(Slot& slot) noexcept : slot_(&slot) { ++slot.users; }
    Lease(Lease&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(slot_, other.slot_);
      return *this;
    }
    ~Lease() {
      if (slot_ == nullptr || --slot_->users > 0 || slot_->unused == nullptr) return;
      slot_->unused->set();
    }

    explicit operator bool() const noexcept { return slot_ != nullptr; }
    Entry& operator*() const noexcept { return slot_->entry; }
    Entry* operator->() const noexcept { return &slot_->entry; }
    [[nodiscard]] Entry* get() const noexcept { return &slot_->entry; }

   private:
    Slot* slot_ = nullptr;
  };

  // Legal where the name is free.
  void add(Entry entry) {
    slots_.push_back(std::make_unique<Slot>(Slot{std::move(entry), 0, nullptr}));
  }

  [[nodiscard]] Lease find(std::string_view name) const {
    const auto found = place(name);
    return found == slots_.end() ? Lease() : Lease(**found);
  }

  // Whether any is there that the app may use.
  [[nodiscard]] bool any_for(std::string_view app_id) const {
    return std::ranges::any_of(slots_,
                               [app_id](const auto& slot) { return permits(slot->entry, app_id); });
  }

  [[nodiscard]] static bool permits(const Entry& entry, std::string_view app_id) {
    return entry.scopes.empty() || std::ranges::find(entry.scopes, app_id) != entry.scopes.end();
  }

  [[nodiscard]] bool empty() const noexcept { return slots_.empty(); }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& slot : slots_) out.push_back(slot->entry.name);
    return out;
  }

  // Takes a component out: nobody finds it from now on, and those who use it have finished when
  // this returns. Gives null where the name is not there.
  Task<std::unique_ptr<Entry>> take(Loop* loop, std::string name) {
    const auto found = place(name);
    if (found == slots_.end()) co_return nullptr;
    std::unique_ptr<Slot> slot = std::move(*found);
    slots_.erase(found);
    Event unused(*loop);
    slot->unused = &unused;
    if (slot->users == 0) unused.set();
    auto waited = co_await unused.wait(Ctx::background());
    if (!waited) co_return nullptr;
    co_return std::make_unique<Entry>(std::move(slot->entry));
  }

 private:
  using Slots = std::vector<std::unique_ptr<Slot>>;

  [[nodiscard]] Slots::const_iterator place(std::string_view name) const {
    return std::ranges::find_if(slots_,
                                [name](const auto& slot) { return slot->entry.name == name; });
  }
  [[nodiscard]] Slots::iterator place(std::string_view name) {
    return std::ranges::find_if(slots_,
                                [name](const auto& slot) { return slot->entry.name == name; });
  }

  Slots slots_;
};

}  // namespace edge::blocks
