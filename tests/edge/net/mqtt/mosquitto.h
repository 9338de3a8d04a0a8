// A real MQTT server for tests: mosquitto on a port of its own, with its own data.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/free_port.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace edge::test {

class Mosquitto {
 public:
  // Has it write down what it holds when it is stopped.
  static constexpr const char* kPersistent = "persistence true\n";

  // `extra` is added to its configuration. Throws where the program is not installed.
  explicit Mosquitto(std::string extra = "");

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const TempDir& dir() const noexcept { return dir_; }
  // What it has logged since its last start.
  [[nodiscard]] std::string log() const { return process_->output(); }

  void start();
  // Ends it properly.
  void stop();
  // kill -9.
  void kill() { process_.reset(); }

 private:
  TempDir dir_;
  std::string extra_;
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace edge::test
