# shellcheck shell=bash
# Dapr's SDKs against the hub.

help_compat() {
  cat <<'TEXT'
usage: ./dev compat [sdk...]
  Installs Dapr's SDKs into build/compat and runs apps that use them against the hub: all, or those
  named (python, javascript, go, java). What could not be installed because its registry is not reached
  from here is told as skipped. docs/sdks.md tells the versions.

  EDGELANE_BIN=DIR   test the programs of that folder, and build none
TEXT
}

# need_tools <command:package>...: installs the packages of commands that are missing; a newer one
# than Debian's may be there already.
need_tools() {
  local tool missing=()
  for tool in "$@"; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
  done
  if [[ ${#missing[@]} -gt 0 ]]; then need_packages "${missing[@]}"; fi
}

cmd_compat() {
  rm -rf "${RESULTS:?}/compat"
  need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
  # Where these cannot be had, the SDKs that need them are skipped.
  (need_packages "${COMPAT_PACKAGES[@]}" && need_tools "${COMPAT_TOOLS[@]}") || true
  if [[ -z ${EDGELANE_BIN:-} ]]; then
    if ! build_preset dev edgelaned; then
      record compat build failed
      sum_results compat
      return
    fi
    export EDGELANE_BIN=$ROOT/build/dev/bin
  fi
  say "Dapr's SDKs"
  "$PYTHON" -B tests/compat/run.py --results "$RESULTS/compat" "$@" || true
  sum_results compat
}
