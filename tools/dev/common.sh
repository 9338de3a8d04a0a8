# shellcheck shell=bash
# What every command uses.

readonly RESULTS=build/results
readonly PYTHON=${PYTHON:-/usr/bin/python3}
JOBS=${JOBS:-$(nproc)}
readonly JOBS

# ccache keeps precompiled headers, and serves another checkout of the same sources.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
export CCACHE_BASEDIR=$ROOT
export CCACHE_NOHASHDIR=1

# Where the sanitizers look for llvm-symbolizer.
export ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-19/bin/llvm-symbolizer
export TSAN_OPTIONS=external_symbolizer_path=$ASAN_SYMBOLIZER_PATH
export UBSAN_OPTIONS=print_stacktrace=1

die() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

say() {
  printf '== %s\n' "$*"
}

# record <folder> <case> <passed|failed|skipped>: one line of the totals that tools/sum_tests.py
# prints.
record() {
  local verdict='<failure/>'
  case $3 in
    passed) verdict= ;;
    skipped) verdict='<skipped/>' ;;
  esac
  mkdir -p "$RESULTS/$1"
  printf '<testsuite><testcase classname="%s" name="%s">%s</testcase></testsuite>\n' \
    "$1" "$2" "$verdict" >"$RESULTS/$1/$2.xml"
}

# sum_results <folder>...: the failures and the totals; fails where they say so.
sum_results() {
  (cd "$RESULTS" && "$PYTHON" "$ROOT/tools/sum_tests.py" "$@")
}
