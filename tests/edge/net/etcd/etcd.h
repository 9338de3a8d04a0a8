// A real etcd for tests, on ports of its own, with its own data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/free_port.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace edge::test {

class Etcd {
 public:
  // Throws where the program is not installed.
  explicit Etcd(std::vector<std::string> flags = {});

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

  void start();
  // Ends it properly.
  void stop();

  // The body of an answer, whatever its status; throws where none comes.
  std::string call(const std::string& path, const std::string& json) const;
  // One transaction; without value a key is deleted. At most 128 keys.
  using Items = std::vector<std::pair<std::string, std::optional<std::string>>>;
  void write(const Items& items) const;
  // Deletes every key.
  void clear() const;

 private:
  TempDir dir_;
  std::vector<std::string> flags_;
  std::uint16_t port_;
  std::uint16_t peer_port_;
  std::unique_ptr<Process> process_;
};

}  // namespace edge::test
