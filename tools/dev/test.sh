# shellcheck shell=bash
# Building and running the tests.

help_test() {
  cat <<'TEXT'
usage: ./dev test [--asan | --tsan | --all] [--units] [filter]
       ./dev test --packaging [--arch ARCH] [filter]
  Builds preset "dev", runs the unit tests and then tests/e2e against the built daemon. The last
  line is "N passed, N failed, N skipped", counted in single cases.

  --asan    the same with AddressSanitizer and UndefinedBehaviorSanitizer
  --tsan    the unit tests of what has threads, with ThreadSanitizer
  --all     the plain run, the unit tests under both sanitizers, each fuzz target for 30 s
  --packaging  build the Debian package and test it: lintian, the unit, a clean system in which it is
            installed, upgraded, removed and purged, a boot, a second build; needs root
  --arch    the package for arm64 or armhf, under qemu; the kernel is told of qemu for that long
  --units   leave tests/e2e out
  filter    a program (edge_base_test) or a part of a case's name (Base64)
TEXT
}

# The gtest program named so, if there is one; else nothing.
program_named() {
  ctest --test-dir "build/$1" -N -R "^$2\$" | sed -n 's/^ *Test *#[0-9]*: //p'
}

# run_units <preset> <filter>
run_units() {
  local preset=$1 filter=$2 out=$ROOT/$RESULTS/$1 selected=()
  if [[ -n $filter && -n $(program_named "$preset" "$filter") ]]; then
    selected=(-R "^$filter\$")
  elif [[ -n $filter ]]; then
    export GTEST_FILTER="*$filter*"
  fi
  if [[ $preset == tsan ]]; then selected+=(-L '^threads$'); fi
  say "unit tests, $preset"
  GTEST_OUTPUT="xml:$out/gtest/" ctest --test-dir "build/$preset" -j "$JOBS" "${selected[@]}" \
    --output-on-failure --output-junit "$out/ctest.xml" --no-tests=ignore
}

# run_e2e <preset> <filter>
run_e2e() {
  local preset=$1 filter=$2
  if [[ ! -d tests/e2e ]]; then return; fi
  say "end-to-end tests, $preset"
  # They wait more than they compute.
  EDGELANE_BIN=$ROOT/build/$preset/bin "$PYTHON" -m pytest tests/e2e -q ${filter:+-k "$filter"} \
    -n $((2 * JOBS)) --dist loadgroup --junit-xml "$RESULTS/$preset/pytest.xml" -o junit_family=xunit1
}

# run_tests <preset> <units|full> <filter>: leaves its results in $RESULTS/<preset>.
run_tests() {
  local preset=$1 extent=$2 filter=$3 targets=()
  rm -rf "${RESULTS:?}/$preset"
  mkdir -p "$RESULTS/$preset/gtest"
  if [[ $preset == tsan ]]; then
    extent=units
    targets=(thread_tests)
  fi
  if ! build_preset "$preset" "${targets[@]}"; then
    record "$preset" build failed
    return
  fi
  run_units "$preset" "$filter" || true
  if [[ $extent == full ]]; then run_e2e "$preset" "$filter" || true; fi
}

# run_packaging <arch> <filter> <results>: what a machine cannot do is told as skipped, with the
# reason.
run_packaging() {
  local status=0
  need_packages "${PACKAGING_PACKAGES[@]}"
  rm -rf "${RESULTS:?}/$3"
  mkdir -p "$RESULTS/$3"
  ./dev deb "$1" || status=$?
  if [[ $status -ne 0 ]]; then
    record "$3" build "$([[ $status -eq $NO_DEBIAN ]] && printf skipped || printf failed)"
    return
  fi
  say "tests of the package for $1"
  EDGELANE_ARCH=$1 "$PYTHON" -m pytest tests/packaging -q -rs ${2:+-k "$2"} -p no:cacheprovider \
    --junit-xml "$RESULTS/$3/pytest.xml" -o junit_family=xunit1 || true
}

run_everything() {
  run_tests dev full ""
  run_tests asan units ""
  run_tests tsan units ""
  run_fuzz 30
  sum_results dev asan tsan fuzz
}

cmd_test() {
  local preset=dev extent=full filter='' arch
  arch=$(native_arch)
  while [[ $# -gt 0 ]]; do
    case $1 in
      --asan | --tsan) preset=${1#--} ;;
      --all) preset=all ;;
      --packaging) preset=packaging ;;
      --arch)
        arch=${2:-}
        shift
        ;;
      --units) extent=units ;;
      -*) die "unknown option \"$1\"; see ./dev test --help" ;;
      *) filter=$1 ;;
    esac
    shift
  done
  if [[ $preset == packaging ]]; then
    [[ $arch == "$(native_arch)" || $arch == arm64 || $arch == armhf ]] ||
      die "--arch: name arm64 or armhf, got \"$arch\""
    if [[ $arch != "$(native_arch)" ]]; then preset=packaging-$arch; fi
    run_packaging "$arch" "$filter" "$preset"
    sum_results "$preset"
    return
  fi
  need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
  if [[ $preset != dev ]]; then need_packages "${SANITIZE_PACKAGES[@]}"; fi
  if [[ $preset == all ]]; then
    run_everything
  else
    run_tests "$preset" "$extent" "$filter"
    sum_results "$preset"
  fi
}
