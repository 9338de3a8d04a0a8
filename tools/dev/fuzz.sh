# shellcheck shell=bash
# libFuzzer targets.

help_fuzz() {
  cat <<'TEXT'
usage: ./dev fuzz [target] [--seconds N]
  Builds preset "fuzz" and runs the target, or each of them, for N seconds (60), starting from
  tests/fuzz/corpus/<target>. What it finds new stays in build/fuzz/corpus/<target>; an input that
  crashes is written to build/fuzz/crashes/. Run the program with that file to see it again.
TEXT
}

# The targets that are built, or the wanted one of them.
fuzz_targets() {
  find build/fuzz/fuzz -maxdepth 1 -type f -executable -name "${1:-*}" -printf '%f\n' | sort
}

# fuzz_target <name> <seconds>
fuzz_target() {
  local name=$1 seconds=$2 grown=build/fuzz/corpus/$1 seeds=tests/fuzz/corpus/$1 corpora
  mkdir -p "$grown"
  corpora=("$grown")
  if [[ -d $seeds ]]; then corpora+=("$seeds"); fi
  "build/fuzz/fuzz/$name" "${corpora[@]}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix=build/fuzz/crashes/"$name"- -print_final_stats=1 >"build/fuzz/logs/$name" 2>&1
}

# Runs a target and tells how it went: in one line, or with the end of its log.
judge_target() {
  local name=$1 seconds=$2 log=build/fuzz/logs/$1
  if fuzz_target "$name" "$seconds"; then
    record fuzz "$name" passed
    printf '   %s passed, %s inputs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  else
    record fuzz "$name" failed
    grep -v -e '^#[0-9]' -e 'NEW_FUNC' "$log" | tail -40
    printf '   %s failed; the input is in build/fuzz/crashes/\n' "$name"
  fi
}

# run_fuzz <seconds> [target]: leaves its results in $RESULTS/fuzz.
run_fuzz() {
  local seconds=$1 name
  rm -rf "${RESULTS:?}/fuzz"
  if ! build_preset fuzz fuzzers; then
    record fuzz build failed
    return
  fi
  mkdir -p build/fuzz/crashes build/fuzz/logs
  for name in $(fuzz_targets "${2:-}"); do
    if [[ $(jobs -rp | wc -l) -ge $JOBS ]]; then wait -n || true; fi
    say "fuzz $name for $seconds s"
    judge_target "$name" "$seconds" &
  done
  wait
}

cmd_fuzz() {
  local seconds=60 target=
  while [[ $# -gt 0 ]]; do
    case $1 in
      --seconds)
        seconds=${2:?--seconds needs a number}
        shift
        ;;
      -*) die "unknown option \"$1\"; see ./dev fuzz --help" ;;
      *) target=$1 ;;
    esac
    shift
  done
  need_packages "${BUILD_PACKAGES[@]}" "${SANITIZE_PACKAGES[@]}"
  run_fuzz "$seconds" "$target"
  sum_results fuzz
}
