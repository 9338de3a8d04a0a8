# shellcheck shell=bash
# Running what is built: a hub to try, and the benchmarks.

help_up() {
  cat <<'TEXT'
usage: ./dev up [options of examples/up]
  Builds the release and starts a hub with the example apps; Ctrl-C stops it.
TEXT
}

help_demo() {
  cat <<'TEXT'
usage: ./dev demo offline [--messages N] [--calls N] [--output text|json] [--root DIR]
  Builds the release and shows a hub that loses its cloud, and has it back: starts mosquitto and etcd
  as the cloud, a hub and the example apps; cuts the link; goes on to call apps, read the
  configuration and publish; kills hub and apps once; restores the link; prints an account in numbers.
  All on ports of their own; Ctrl-C stops everything. Less than a minute once it is built.
TEXT
}

help_bench() {
  cat <<'TEXT'
usage: ./dev bench [options of tests/bench/bench.py]
  Builds the release and measures it, as ratios to what else runs in the same minutes.
TEXT
}

cmd_up() {
  need_packages "${BUILD_PACKAGES[@]}" "${UP_PACKAGES[@]}"
  build_preset release || die "the build failed"
  export EDGELANE_BIN=$ROOT/build/release/bin
  exec examples/up "$@"
}

cmd_demo() {
  case ${1:-} in
    offline) ;;
    "") die "which demo? there is: ./dev demo offline" ;;
    *) die "there is no demo \"$1\"; there is: ./dev demo offline" ;;
  esac
  shift
  if [[ ${1:-} == --help || ${1:-} == -h ]]; then exec "$PYTHON" examples/offline --help; fi
  need_packages "${BUILD_PACKAGES[@]}" "${DEMO_PACKAGES[@]}"
  build_preset release || die "the build failed"
  export EDGELANE_BIN=$ROOT/build/release/bin
  exec examples/offline "$@"
}

cmd_bench() {
  need_packages "${BUILD_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"
  build_preset release || die "the build failed"
  EDGELANE_BIN=$ROOT/build/release/bin exec "$PYTHON" tests/bench/bench.py "$@"
}
