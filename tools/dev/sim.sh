# shellcheck shell=bash
# The sync protocol under simulation.

help_sim() {
  cat <<'TEXT'
usage: ./dev sim [--seeds N] [--first-seed N] [--verbose] [--mistake N]
  Builds the simulation of the sync protocol and runs N seeds (1000): cloud, broker, network, hub,
  disk and apps, with lost and repeated messages, partitions, crashes, power cuts, a full disk,
  clocks that jump and lanes that change. After each step no promise may be broken. A seed that
  fails is printed; the same seed does the same again.

  --seeds N        how many seeds
  --first-seed N   the first of them (1); with --seeds 1: that one, and the hash of its events
  --verbose        print what happens
  --mistake N      make a mistake that has to be noticed: 1 answer before the commit, 2 delete
                   before the acknowledgement, 3 decide the lane at sending, 4 do not wait for the
                   disk, 5 use a number twice
TEXT
}

cmd_sim() {
  local arguments=("$@")
  if [[ " $* " != *" --seeds "* ]]; then arguments+=(--seeds 1000); fi
  need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
  build_preset dev edgelane_sim || die "the build failed"
  exec build/dev/bin/edgelane_sim "${arguments[@]}"
}
