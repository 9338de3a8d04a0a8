# shellcheck shell=bash
# Running what is built: a hub to try, and the benchmarks.

help_up() {
  cat <<'TEXT'
usage: ./dev up [options of examples/run]
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
  if [[ -x examples/run ]]; then exec examples/run "$@"; fi
  mkdir -p build/up
  say "a hub in build/up, without apps"
  exec "$EDGELANE_BIN/edgelaned" --root build/up "$@"
}

cmd_bench() {
  need_packages "${BUILD_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"
  build_preset release || die "the build failed"
  EDGELANE_BIN=$ROOT/build/release/bin exec "$PYTHON" tests/bench/bench.py "$@"
}
