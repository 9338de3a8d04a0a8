#include "tests/edge/net/mqtt/mosquitto.h"

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <unistd.h>

namespace edge::test {
namespace {

std::string program() {
  for (const char* path : {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"}) {
    if (std::filesystem::exists(path)) return path;
  }
  throw std::runtime_error("these tests need the MQTT server mosquitto: apt-get install mosquitto");
}

}  // namespace

Mosquitto::Mosquitto(std::string extra) : extra_(std::move(extra)), port_(free_port()) {
  start();
}

// A server that root starts would become a user who cannot read our files.
void Mosquitto::start() {
  std::string text =
      "log_dest stderr\nmax_queued_messages 100000\npersistence_location " + dir_.path() + "/\n";
  if (::geteuid() == 0) text += "user root\n";
  text += "listener " + std::to_string(port_) + " 127.0.0.1\n";
  text += extra_.find("allow_anonymous") == std::string::npos ? "allow_anonymous true\n" : "";
  const std::string file = dir_.write("mosquitto.conf", text + extra_);
  process_ = std::make_unique<Process>(std::vector<std::string>{program(), "-c", file});
  process_->wait_for(" running");
}

void Mosquitto::stop() {
  process_->signal(SIGTERM);
  process_->wait();
  process_.reset();
}

}  // namespace edge::test
