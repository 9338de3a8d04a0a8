// libmosquitto, loaded when the first MQTT component needs it: it brings OpenSSL along, which a hub
// without MQTT does not pay for.
//
// Loaded once and kept until the process ends. Any thread.
#pragma once

#include <mqtt_protocol.h>

#include <mosquitto.h>

#include "edge/base/result.h"

namespace edge::mqtt {

// The functions that we call, with the types of <mosquitto.h>.
struct Library {
  decltype(&mosquitto_lib_init) lib_init;
  decltype(&mosquitto_new) create;
  decltype(&mosquitto_destroy) destroy;
  decltype(&mosquitto_username_pw_set) set_credentials;
  decltype(&mosquitto_will_set) set_will;
  decltype(&mosquitto_int_option) set_option;
  decltype(&mosquitto_connect_bind_v5) connect;
  decltype(&mosquitto_disconnect) disconnect;
  decltype(&mosquitto_publish_v5) publish;
  decltype(&mosquitto_subscribe) subscribe;
  decltype(&mosquitto_unsubscribe) unsubscribe;
  decltype(&mosquitto_socket) socket;
  decltype(&mosquitto_loop_read) loop_read;
  decltype(&mosquitto_loop_write) loop_write;
  decltype(&mosquitto_loop_misc) loop_misc;
  decltype(&mosquitto_want_write) want_write;
  decltype(&mosquitto_connect_v5_callback_set) on_connect;
  decltype(&mosquitto_disconnect_v5_callback_set) on_disconnect;
  decltype(&mosquitto_publish_v5_callback_set) on_publish;
  decltype(&mosquitto_message_callback_set) on_message;
  decltype(&mosquitto_subscribe_callback_set) on_subscribe;
  decltype(&mosquitto_property_add_int32) add_int32;
  decltype(&mosquitto_property_add_string) add_string;
  decltype(&mosquitto_property_add_string_pair) add_string_pair;
  decltype(&mosquitto_property_read_int16) read_int16;
  decltype(&mosquitto_property_free_all) free_properties;
  decltype(&mosquitto_strerror) strerror;
};

// Errors: kFailedPrecondition, naming the package to install.
Result<const Library*> load_library();

}  // namespace edge::mqtt
