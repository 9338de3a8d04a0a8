#include "components/secretstores/cloud/sealed_copies.h"

#include <algorithm>
#include <utility>

#include "components/secretstores/secret_codec.h"
#include "components/store_call.h"
#include "edge/base/log.h"
#include "edge/store/files.h"

namespace edge::secrets {
namespace {

constexpr std::string_view kScope = "edge.secrets.replica";

std::int64_t to_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

WallTime from_ms(std::int64_t time_ms) {
  return WallTime(std::chrono::milliseconds(time_ms));
}

// The keys at hand; one is made where there is none.
Result<KeyRingPtr> keys_of(const CopyFiles& files) {
  const KeyFile file(files.key);
  auto ring = KeyRing::load(file, files.credentials);
  if (!ring) return ring.error();
  if (ring->current()) return std::make_shared<const KeyRing>(std::move(*ring));
  const SealKeyPtr key = make_key(tls::SecretBytes::random(tls::kSealKeyBytes), files.key);
  if (auto written = file.write_next(*key); !written) return written.error();
  if (auto done = file.promote_next(); !done) return done.error();
  log::warn(kScope,
            "made a key file: whoever reads it and the database reads the copies of secrets; the "
            "systemd credential hub-kek is safer",
            {{"key_file", files.key}, {"key", key->id}});
  return std::make_shared<const KeyRing>(KeyRing::only(key));
}

std::size_t bytes_of(const Secret& secret) {
  std::size_t size = 0;
  for (const auto& [name, value] : secret) size += name.size() + value.size();
  return size;
}

}  // namespace

SealedCopies::SealedCopies(const components::Context& context, std::string scope)
    : context_(context),
      database_(context_),
      table_(std::make_shared<const CopyTable>(context_.name, std::move(scope))) {}

Task<Status> SealedCopies::open(Ctx ctx, CopyFiles files) {
  auto found = std::make_shared<components::Found<CopyTable::Content>>();
  components::DatabaseOptions file;
  file.how.schema = [table = table_, found](store::Db& db) -> Status {
    if (auto made = CopyTable::create(db); !made) return made;
    auto content = table->load(db);
    if (!content) return std::move(content).error();
    found->put(std::move(*content));
    return {};
  };
  file.path = files.database;
  file.writer.name = "secrets";
  file.reading = components::Reading::kWriterOnly;
  auto opened = co_await database_.open(ctx, std::move(file));
  if (!opened) co_return opened;
  auto keys = co_await load_keys(ctx, std::move(files));
  if (!keys) co_return keys;
  CopyTable::Content content = found->take();
  clock_.start(from_ms(content.clock_ms), context_.loop);
  co_await settle(std::move(content.copies));
  co_return Status();
}

Task<Status> SealedCopies::load_keys(Ctx ctx, CopyFiles files) {
  if (files.credentials.empty() || !store::file_exists(files.credentials + "/hub-kek")) {
    auto claim = KeyFileClaim::take(files.key, KeyFileClaim::Sharing::kWithReplicas);
    if (!claim) co_return claim.error();
    claim_.emplace(std::move(*claim));
  }
  auto load = [files](store::Db&) { return keys_of(files); };
  auto ring = co_await on_writer<KeyRingPtr>(ctx, load);
  if (!ring) co_return ring.error();
  ring_ = std::move(*ring);
  co_return Status();
}

// Every copy is opened once: what is damaged, or under a key that is gone, will be read again.
Task<void> SealedCopies::settle(std::vector<Copy> copies) {
  const SealKeyPtr key = ring_->current();
  std::vector<Copy> renewed;
  std::vector<std::string> dropped;
  for (Copy& copy : copies) {
    auto under_current = table_->reseal(copy, *ring_, *key);
    if (!under_current) {
      log::warn(kScope, "a copy of a secret is dropped; it is read again when it is asked for",
                {{"store", context_.name}, {"error", under_current.error().message}});
      dropped.push_back(std::move(copy.name));
      continue;
    }
    if (copy.key_id != key->id) renewed.push_back(copy = std::move(*under_current));
    const WallTime read = from_ms(copy.read_ms);
    std::string name = copy.name;
    all_[std::move(name)] = {std::move(copy), read};
  }
  if (renewed.empty() && dropped.empty()) co_return;
  auto written = co_await write(std::move(renewed), std::move(dropped));
  if (written) co_return;
  log::warn(kScope, "copies of secrets could not be sealed under the key in use",
            {{"store", context_.name}, {"error", written.error().message}});
}

Task<void> SealedCopies::close() {
  co_await database_.close();
  all_.clear();
  ring_.reset();
  claim_.reset();
}

const SealedCopies::Held* SealedCopies::find(std::string_view name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

Result<Secret> SealedCopies::open(const Held& held) const {
  return table_->open(held.copy, *ring_);
}

Status SealedCopies::check_room(const Reading& reading) const {
  if (bytes_of(reading.values) > kMostBytes) {
    return Error{Code::kResourceExhausted,
                 "the secret \"" + reading.name + "\" is larger than 128 KiB"};
  }
  if (reading.kind != CopyKind::kSecret || all_.contains(reading.name)) return {};
  const auto count = std::ranges::count_if(
      all_, [](const auto& one) { return one.second.copy.kind == CopyKind::kSecret; });
  if (static_cast<std::size_t>(count) < kMostSecrets) return {};
  return Error{Code::kResourceExhausted, "the store \"" + context_.name +
                                             "\" keeps copies of 1024 secrets, which is its limit"};
}

void SealedCopies::make_room_for_absence(std::vector<std::string>& dropped) {
  std::size_t count = 0;
  auto oldest = all_.end();
  for (auto one = all_.begin(); one != all_.end(); ++one) {
    if (one->second.copy.kind != CopyKind::kAbsence) continue;
    ++count;
    if (oldest == all_.end() || one->second.known_as_of < oldest->second.known_as_of) oldest = one;
  }
  if (count < kMostAbsences) return;
  dropped.push_back(oldest->first);
  all_.erase(oldest);
}

bool SealedCopies::is_as_before(const Held& held, const Reading& reading) const {
  if (held.copy.kind != reading.kind || held.copy.version != reading.version) return false;
  auto values = open(held);
  const bool same = values && *values == reading.values;
  if (values) wipe(*values);
  return same;
}

Result<Copy> SealedCopies::seal(const Reading& reading, WallTime read) const {
  Copy copy{.name = reading.name,
            .kind = reading.kind,
            .version = reading.version,
            .read_ms = to_ms(read),
            .key_id = {},
            .sealed = {}};
  return table_->seal(std::move(copy), *ring_->current(), reading.values);
}

Task<Status> SealedCopies::keep(Reading reading, Duration rewrite) {
  const WallTime read = now();
  const auto found = all_.find(reading.name);
  const bool is_new = found == all_.end();
  if (!is_new && is_as_before(found->second, reading)) {
    found->second.known_as_of = read;
    if (read - from_ms(found->second.copy.read_ms) < rewrite) {
      wipe(reading.values);
      co_return Status();
    }
  }
  const auto room = check_room(reading);
  auto sealed = room ? seal(reading, read) : Result<Copy>(room.error());
  wipe(reading.values);
  if (!sealed) co_return std::move(sealed).error();
  std::vector<std::string> dropped;
  if (is_new && reading.kind == CopyKind::kAbsence) make_room_for_absence(dropped);
  all_[reading.name] = {*sealed, read};
  std::vector<Copy> copies;
  copies.push_back(std::move(*sealed));
  auto written = co_await write(std::move(copies), std::move(dropped));
  if (written) co_return Status();
  log::warn(kScope, "the copy of a secret is kept in memory only",
            {{"store", context_.name}, {"error", written.error().message}});
  co_return Status();
}

Task<Status> SealedCopies::forget(std::vector<std::string> names) {
  for (const std::string& name : names) all_.erase(name);
  std::vector<Copy> none;
  co_return co_await write(std::move(none), std::move(names));
}

Task<void> SealedCopies::note_clock() {
  std::vector<Copy> none;
  std::vector<std::string> nothing;
  auto noted = co_await write(std::move(none), std::move(nothing));
  if (noted) co_return;
  log::warn(kScope, "the time is not kept",
            {{"store", context_.name}, {"error", noted.error().message}});
}

// To its end once it has begun: memory follows what is on the disk.
Task<Status> SealedCopies::write(std::vector<Copy> copies, std::vector<std::string> removed) {
  auto job = [table = table_, now_ms = to_ms(now()), copies = std::move(copies),
              removed = std::move(removed)](store::Db& db) -> Result<bool> {
    for (const std::string& name : removed) {
      if (auto done = table->remove(db, name); !done) return done.error();
    }
    for (const Copy& copy : copies) {
      if (auto done = table->write(db, copy); !done) return done.error();
    }
    if (auto done = CopyTable::note_clock(db, now_ms); !done) return done.error();
    return true;
  };
  auto done = co_await on_writer<bool>(Ctx::background(), std::move(job));
  if (!done) co_return std::move(done).error();
  co_return Status();
}

template <class T>
Task<Result<T>> SealedCopies::on_writer(Ctx ctx, std::function<Result<T>(store::Db&)> work) {
  co_return co_await components::store_call<T>(&context_.loop, ctx, database_.writer(),
                                               std::move(work));
}

}  // namespace edge::secrets
