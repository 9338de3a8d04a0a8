// edgelane: the command line of a hub.
#include <string>
#include <vector>

#include "edge/cli/commands.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  return edge::cli::dispatch(words);
}
