# shellcheck shell=bash
# Building for another architecture, and testing what was built under qemu.

help_cross() {
  cat <<'TEXT'
usage: ./dev cross arm64|armhf [--static] [--programs] [test...]
  Makes a sysroot in build/sysroot-ARCH from this machine's own package sources (once), builds
  preset ARCH with clang, runs the unit and conformance tests under qemu-user, and then a part of
  tests/e2e against the programs. The last line is "N passed, N failed, N skipped".

  --static     preset ARCH-static: programs that need no library, for firmware that is no Debian;
               no unit tests
  --programs   the programs only, without the unit tests
  test         only these test programs (edge_base_test)
TEXT
}

# What of tests/e2e a program under qemu is asked for.
readonly CROSS_E2E=(tests/e2e/test_{health,state,invoke,pubsub,grpc,lanes}.py
  tests/e2e/test_{sync,configuration_etcd,secrets_aws}.py)

# qemu_of <arch>
qemu_of() {
  case $1 in
    arm64) printf 'qemu-aarch64-static' ;;
    armhf) printf 'qemu-arm-static -cpu cortex-a7' ;;
  esac
}

# wrap_programs <arch> <preset>: programs that this machine can start, in build/<preset>/qemu.
wrap_programs() {
  local folder=build/$2/qemu program
  mkdir -p "$folder"
  for program in edgelaned edgelane; do
    printf '#!/bin/sh\nexec %s -L "%s" "%s" "$@"\n' "$(qemu_of "$1")" \
      "$ROOT/build/sysroot-$1" "$ROOT/build/$2/bin/$program" >"$folder/$program"
    chmod +x "$folder/$program"
  done
}

# run_cross_units <preset> <test...>: all of them where none is named.
run_cross_units() {
  local preset=$1 selected=() names
  shift
  if [[ $# -gt 0 ]]; then
    names=$(printf '|%s' "$@")
    selected=(-R "^(${names:1})\$")
  fi
  say "unit tests, $preset under qemu"
  GTEST_OUTPUT="xml:$ROOT/$RESULTS/$preset/gtest/" ctest --test-dir "build/$preset" -j "$JOBS" \
    "${selected[@]}" --output-on-failure --output-junit "$ROOT/$RESULTS/$preset/ctest.xml"
}

# run_cross_e2e <arch> <preset>
run_cross_e2e() {
  wrap_programs "$1" "$2"
  say "end-to-end tests, $2 under qemu"
  EDGELANE_BIN=$ROOT/build/$2/qemu "$PYTHON" -m pytest -q "${CROSS_E2E[@]}" \
    --junit-xml "$RESULTS/$2/pytest.xml" -o junit_family=xunit1
}

# cross_build <arch> <preset> <units|programs> <test...>
cross_build() {
  local arch=$1 preset=$2 extent=$3 targets=()
  shift 3
  rm -rf "${RESULTS:?}/$preset"
  mkdir -p "$RESULTS/$preset/gtest"
  if [[ $extent == programs || $# -gt 0 ]]; then targets=(edgelaned edgelane "$@"); fi
  if ! build_preset "$preset" "${targets[@]}"; then
    record "$preset" build failed
    return
  fi
  if [[ $extent == units ]]; then run_cross_units "$preset" "$@" || true; fi
  run_cross_e2e "$arch" "$preset" || true
}

cmd_cross() {
  local arch=${1:-} preset extent=units tests=()
  [[ $arch == arm64 || $arch == armhf ]] || die "name arm64 or armhf; see ./dev cross --help"
  shift
  preset=$arch
  while [[ $# -gt 0 ]]; do
    case $1 in
      --static) preset=$arch-static extent=programs ;;
      --programs) extent=programs ;;
      -*) die "unknown option \"$1\"; see ./dev cross --help" ;;
      *) tests+=("$1") ;;
    esac
    shift
  done
  need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${CHROOT_PACKAGES[@]}"
  need_sysroot "$arch"
  cross_build "$arch" "$preset" "$extent" "${tests[@]}"
  sum_results "$preset"
}
