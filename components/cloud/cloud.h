// Cloud: what components see of the hub's connection to its broker in the cloud.
//
// They read what is retained there for hubs; who the hub is comes from its Uplink. The connection
// comes and goes by itself. Loop thread.
#pragma once

#include <string>
#include <vector>

namespace edge::components {

// Called on the loop, also from within calls of Cloud.
class CloudReader {
 public:
  virtual ~CloudReader() = default;
  // There is a connection, and what was asked for before is asked for again on it.
  virtual void linked() = 0;
  virtual void unlinked(const std::string& why) = 0;
  // What a topic holds now; "": nothing any more.
  virtual void received(const std::string& topic, const std::string& payload) = 0;
  virtual void denied(const std::string& topic) = 0;
  virtual void lanes_changed() = 0;
};

class Cloud {
 public:
  virtual ~Cloud() = default;
  // The name of the Uplink; "" on a hub without one.
  [[nodiscard]] virtual std::string uplink() const = 0;
  // The hub's id there.
  [[nodiscard]] virtual std::string hub() const = 0;
  // That instances of this hub may be in, without the baseline.
  [[nodiscard]] virtual std::vector<std::string> lanes() const = 0;

  // `reader` leaves before it goes away.
  virtual void attach(CloudReader& reader) = 0;
  virtual void leave(CloudReader& reader) = 0;
  // The attached reader is told what the topic holds, and each time when that becomes another.
  // Where it was asked for already, what it holds is told again.
  virtual void ask(CloudReader& reader, const std::string& topic) = 0;
  virtual void drop(CloudReader& reader, const std::string& topic) = 0;
};

}  // namespace edge::components
