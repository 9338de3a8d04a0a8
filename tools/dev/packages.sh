# shellcheck shell=bash
# Debian packages that the commands need.

readonly BUILD_PACKAGES=(
  cmake ninja-build ccache clang-19 lld-19 libclang-rt-19-dev libstdc++-12-dev
  libuv1-dev node-llhttp libmbedtls-dev libsqlite3-dev nlohmann-json3-dev libyaml-dev
  libmosquitto-dev
)
# Names the lines in a sanitizer's report.
readonly SANITIZE_PACKAGES=(llvm-19)
readonly TEST_PACKAGES=(libgtest-dev libgmock-dev python3-pytest python3-yaml sqlite3 mosquitto)
readonly CHECK_PACKAGES=(git clang-format-19 clang-tidy-19 shellcheck python3-pytest)
readonly BENCH_PACKAGES=(python3 nginx-light haproxy wrk)

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# How to become root here; nothing where we are it already.
root_prefix() {
  if [[ $EUID -eq 0 ]]; then return; fi
  command -v sudo >/dev/null || die "not root and no sudo: as root, run apt-get install $*"
  if [[ ${CI:-} == true ]]; then
    printf 'sudo -n'
    return
  fi
  [[ -t 0 ]] || die "no terminal to ask on: run sudo apt-get install $*"
  local answer
  read -r -p "Install these with sudo apt-get? [Y/n] " answer
  [[ ${answer:-y} == [yY]* ]] || die "install them first: apt-get install $*"
  printf sudo
}

apt_install() {
  local prefix
  prefix=$(root_prefix "$@") || exit 1
  # shellcheck disable=SC2086  # an empty prefix is no word
  $prefix apt-get update -qq || printf 'dev: apt-get update failed; trying what apt knows\n' >&2
  # shellcheck disable=SC2086
  $prefix env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
    >/dev/null ||
    die "apt cannot install: $*. Edgelane is built on Debian 12; on another system install what these packages hold and try again."
}

# need_packages <package>...: installs what is missing.
need_packages() {
  command -v dpkg-query >/dev/null ||
    die "this is no Debian system: install what these packages hold yourself: $*"
  local missing=() package
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  if [[ ${#missing[@]} -eq 0 ]]; then return; fi
  say "installing Debian packages: ${missing[*]}"
  apt_install "${missing[@]}"
}
