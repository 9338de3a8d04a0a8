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

# fuzz_target <name> <seconds>
fuzz_target() {
  local name=$1 seconds=$2 grown=build/fuzz/corpus/$1 seeds=tests/fuzz/corpus/$1 corpora
  mkdir -p "$grown" build/fuzz/crashes
  corpora=("$grown")
  if [[ -d $seeds ]]; then corpora+=("$seeds"); fi
  "build/fuzz/fuzz/$name" "${corpora[@]}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix=build/fuzz/crashes/"$name"- -print_final_stats=1 -verbosity=0
}

# run_fuzz <seconds> [target]: leaves its results in $RESULTS/fuzz.
run_fuzz() {
  local seconds=$1 wanted=${2:-} program name verdict
  rm -rf "${RESULTS:?}/fuzz"
  if ! build_preset fuzz; then
    record fuzz build failed
    return
  fi
  for program in build/fuzz/fuzz/*; do
    name=$(basename "$program")
    if [[ ! -x $program || -d $program || ($wanted != "" && $wanted != "$name") ]]; then continue; fi
    say "fuzz $name for $seconds s"
    verdict=passed
    fuzz_target "$name" "$seconds" || verdict=failed
    record fuzz "$name" "$verdict"
  done
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
  need_packages "${BUILD_PACKAGES[@]}"
  run_fuzz "$seconds" "$target"
  sum_results fuzz
}
