# shellcheck shell=bash
# Building, by preset.

help_build() {
  cat <<'TEXT'
usage: ./dev build [target...]
  Builds preset "release": build/release/bin/edgelaned and build/release/bin/edgelane, stripped of
  nothing. With targets, only those.
TEXT
}

help_clean() {
  cat <<'TEXT'
usage: ./dev clean
  Removes build/. The compiler's cache (ccache) stays.
TEXT
}

configure() {
  local preset=$1 log=build/configure-$1.log
  mkdir -p build
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
}

# build_preset <preset> [target...]
build_preset() {
  local preset=$1
  shift
  say "build $preset"
  configure "$preset" && cmake --build "build/$preset" -j "$JOBS" ${1:+--target "$@"}
}

cmd_build() {
  need_packages "${BUILD_PACKAGES[@]}"
  build_preset release "$@" || die "the build failed"
  ls -l build/release/bin
}

cmd_clean() {
  rm -rf build
}
