// What a component is made from.
#pragma once

#include <string>

#include "components/cloud/cloud.h"
#include "components/fields.h"
#include "edge/loop/loop.h"
#include "edge/store/open_files.h"

namespace edge::components {

// The loop, the files and the cloud outlive the component.
struct Context {
  std::string name;  // the component's, for messages
  Metadata metadata;
  Loop& loop;
  store::OpenFiles& files;
  std::string data_dir;    // where components keep what the user has given no path for
  Cloud* cloud = nullptr;  // null where there is none, as in tests
};

}  // namespace edge::components
