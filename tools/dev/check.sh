# shellcheck shell=bash
# The rules of the code, kept by tools.

help_check() {
  cat <<'TEXT'
usage: ./dev check [step...]
  Runs all steps, or those named, and ends with "N passed, N failed, N skipped", counted in steps.

  format    clang-format 19 would change nothing
  sizes     no header over 200 lines, no source over 500
  layers    who includes whom; a C library's names only in the folder that owns it
  awaits    one await in a statement of its own
  paths     no path of one machine in the tree
  scripts   shellcheck on the shell scripts
  tools     the tests of these tools
  headers   every header compiles alone
  tidy      clang-tidy 19; functions of at most 60 lines, names, bugs, coroutine safety

  headers and tidy skip what has not changed since it last passed.
TEXT
}

readonly CHECK_STEPS=(format sizes layers awaits paths scripts tools headers tidy)
# Configured without precompiled headers, so that each file is seen to include what it uses.
readonly CHECK_BUILD=build/check

unformatted_files() {
  git ls-files -z --cached --others --exclude-standard '*.h' '*.cpp' |
    xargs -0 -r clang-format-19 --dry-run 2>&1 | sed -n 's/^\([^:]*\):.*Wclang-format.*/\1/p' | sort -u
}

check_format() {
  local files
  files=$(unformatted_files)
  if [[ -z $files ]]; then return; fi
  printf 'not formatted; run clang-format-19 -i on:\n%s\n' "$files"
  return 1
}

check_sizes() { "$PYTHON" tools/check_sizes.py; }
check_layers() { "$PYTHON" tools/check_layers.py; }
check_awaits() { "$PYTHON" tools/check_awaits.py; }
check_paths() { "$PYTHON" tools/check_paths.py; }

# ./dev reads in the files of tools/dev, which have no first line of their own.
check_scripts() {
  git ls-files -z --cached --others --exclude-standard |
    { xargs -0 grep -slIZE -m1 '^#!.*\b(ba)?sh$' || true; } |
    xargs -0 shellcheck --external-sources --check-sourced
}

check_tools() {
  "$PYTHON" -m pytest -q -p no:cacheprovider tests/tools
}

configure_check() {
  cmake --preset dev -B "$CHECK_BUILD" -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DEDGE_FUZZ=ON \
    >build/configure-check.log
}

check_headers() {
  configure_check && "$PYTHON" tools/check_headers.py "$CHECK_BUILD"
}

check_tidy() {
  configure_check && "$PYTHON" tools/check_tidy.py "$CHECK_BUILD"
}

run_check_step() {
  local step=$1 verdict=passed start=$SECONDS
  say "check $step"
  "check_$step" || verdict=failed
  record check "$step" "$verdict"
  printf '   %s %s (%d s)\n' "$step" "$verdict" $((SECONDS - start))
}

cmd_check() {
  local steps=("$@") step
  if [[ $# -eq 0 ]]; then steps=("${CHECK_STEPS[@]}"); fi
  for step in "${steps[@]}"; do
    declare -F "check_$step" >/dev/null || die "unknown step \"$step\"; see ./dev check --help"
  done
  need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${CHECK_PACKAGES[@]}"
  rm -rf "${RESULTS:?}/check"
  mkdir -p build
  for step in "${steps[@]}"; do run_check_step "$step"; done
  sum_results check
}
