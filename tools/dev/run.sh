# shellcheck shell=bash
# Running what is built: a hub to try, and the benchmarks.

help_up() {
  cat <<'TEXT'
usage: ./dev up [options of examples/up]
  Builds the release and starts a hub with the example apps; Ctrl-C stops it.
TEXT
}

help_bench() {
  cat <<'TEXT'
usage: ./dev bench [options of tests/bench/bench.py]
  Builds the release and measures it, as ratios to what else runs in the same minutes.
TEXT
}

cmd_up() {
  need_packages "${BUILD_PACKAGES[@]}"
  build_preset release || die "the build failed"
  export EDGELANE_BIN=$ROOT/build/release/bin
  exec examples/up "$@"
}

cmd_bench() {
  need_packages "${BUILD_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"
  build_preset release || die "the build failed"
  EDGELANE_BIN=$ROOT/build/release/bin exec "$PYTHON" tests/bench/bench.py "$@"
}
