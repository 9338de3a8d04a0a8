#include "edge/net/mqtt/library.h"

#include <dlfcn.h>
#include <string>

namespace edge::mqtt {
namespace {

constexpr const char* kFile = "libmosquitto.so.1";
constexpr const char* kRemedy = "; install Debian's package libmosquitto1";

template <class Function>
bool find(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  return function != nullptr;
}

// Gives the name of a function that is missing, or nullptr.
const char* fill(void* handle, Library& library) {
  const char* missing = nullptr;
  const auto need = [&](const char* name, auto& function) {
    if (!find(handle, name, function)) missing = name;
  };
  need("mosquitto_lib_init", library.lib_init);
  need("mosquitto_new", library.create);
  need("mosquitto_destroy", library.destroy);
  need("mosquitto_username_pw_set", library.set_credentials);
  need("mosquitto_will_set", library.set_will);
  need("mosquitto_int_option", library.set_option);
  need("mosquitto_connect_bind_v5", library.connect);
  need("mosquitto_disconnect", library.disconnect);
  need("mosquitto_publish_v5", library.publish);
  need("mosquitto_subscribe", library.subscribe);
  need("mosquitto_unsubscribe", library.unsubscribe);
  need("mosquitto_socket", library.socket);
  need("mosquitto_loop_read", library.loop_read);
  need("mosquitto_loop_write", library.loop_write);
  need("mosquitto_loop_misc", library.loop_misc);
  need("mosquitto_want_write", library.want_write);
  need("mosquitto_connect_v5_callback_set", library.on_connect);
  need("mosquitto_disconnect_v5_callback_set", library.on_disconnect);
  need("mosquitto_publish_v5_callback_set", library.on_publish);
  need("mosquitto_message_callback_set", library.on_message);
  need("mosquitto_subscribe_callback_set", library.on_subscribe);
  need("mosquitto_property_add_int32", library.add_int32);
  need("mosquitto_property_add_string", library.add_string);
  need("mosquitto_property_add_string_pair", library.add_string_pair);
  need("mosquitto_property_read_int16", library.read_int16);
  need("mosquitto_property_free_all", library.free_properties);
  need("mosquitto_strerror", library.strerror);
  return missing;
}

Result<const Library*> open() {
  void* handle = dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return Error{Code::kFailedPrecondition,
                 "MQTT needs " + std::string(kFile) + ": " + dlerror() + kRemedy};
  }
  static Library library{};
  if (const char* missing = fill(handle, library); missing != nullptr) {
    return Error{Code::kFailedPrecondition,
                 std::string(kFile) + " is too old: it has no " + missing + kRemedy};
  }
  library.lib_init();
  return &library;
}

}  // namespace

Result<const Library*> load_library() {
  static const Result<const Library*> loaded = open();
  return loaded;
}

}  // namespace edge::mqtt
