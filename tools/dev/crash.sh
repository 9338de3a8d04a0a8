# shellcheck shell=bash
# The hub killed again and again.

readonly CRASH_TESTS=(tests/e2e/test_crash.py tests/e2e/test_crash_messages.py)

help_crash() {
  cat <<'TEXT'
usage: ./dev crash [--rounds N] [--seed N]
  Builds the release and kills the hub with SIGKILL in the middle of its work, N times (200) in each
  test of crashes, and checks that nothing acknowledged is lost or torn. A failure names its seed.

  --rounds N   how many kills
  --seed N     choose the moments as that run did

  EDGELANE_BIN=DIR   test the programs of that folder, and build none
TEXT
}

cmd_crash() {
  local rounds=200
  while [[ $# -gt 0 ]]; do
    case $1 in
      --rounds)
        rounds=${2:?--rounds needs a number}
        shift
        ;;
      --seed)
        export EDGELANE_CRASH_SEED=${2:?--seed needs a number}
        shift
        ;;
      *) die "unknown option \"$1\"; see ./dev crash --help" ;;
    esac
    shift
  done
  [[ $rounds =~ ^[1-9][0-9]*$ ]] || die "--rounds is \"$rounds\", must be a number above 0"
  need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
  if [[ -z ${EDGELANE_BIN:-} ]]; then
    build_preset release || die "the build failed"
    export EDGELANE_BIN=$ROOT/build/release/bin
  fi
  say "$rounds kills in each test"
  EDGELANE_CRASH_ROUNDS=$rounds exec "$PYTHON" -m pytest "${CRASH_TESTS[@]}" -q
}
