# shellcheck shell=bash
# Debian packages that the commands need.

# The libraries: of the architecture that is built for. The .deb's Build-Depends and the sysroots of
# ./dev cross are made from the same list.
readonly LIBRARY_PACKAGES=(
  libuv1-dev libmbedtls-dev libsqlite3-dev nlohmann-json3-dev libyaml-dev libmosquitto-dev
  libnghttp2-dev zlib1g-dev
)
# What the installed hub uses where it is: the CAs that it judges servers by, MQTT.
readonly RECOMMENDED_PACKAGES=(ca-certificates libmosquitto1)
readonly BUILD_PACKAGES=(
  cmake ninja-build ccache clang-19 lld-19 llvm-19 libclang-rt-19-dev libstdc++-12-dev node-llhttp
  python3
  "${LIBRARY_PACKAGES[@]}"
)
# Names the lines in a sanitizer's report.
readonly SANITIZE_PACKAGES=(llvm-19)
readonly TEST_PACKAGES=(libgtest-dev libgmock-dev python3-pytest python3-pytest-xdist python3-yaml
  python3-grpcio python3-protobuf python3-botocore python3-zeroconf etcd-server sqlite3 mosquitto
  mosquitto-clients nghttp2-client protobuf-compiler libprotobuf-dev curl openssl iproute2 strace)
# What runs Dapr's SDKs, for ./dev compat; and which package has a command that is missing.
readonly COMPAT_PACKAGES=(python3-venv)
readonly COMPAT_TOOLS=(node:nodejs npm:npm go:golang-go mvn:maven
  javac:default-jdk-headless)
readonly CHECK_PACKAGES=(git clang-format-19 clang-tidy-19 shellcheck python3-pytest)
readonly DEB_PACKAGES=(build-essential debhelper python3)
# A clean Debian in a folder, also of another architecture.
readonly CHROOT_PACKAGES=(mmdebstrap arch-test qemu-user-static)
readonly PACKAGING_PACKAGES=(lintian man-db python3-pytest systemd "${CHROOT_PACKAGES[@]}")
# For the lines that ./dev up and the README give to try.
readonly UP_PACKAGES=(curl)
readonly DEMO_PACKAGES=(python3 mosquitto mosquitto-clients etcd-server)
readonly BENCH_PACKAGES=(python3 nginx-light haproxy mosquitto mosquitto-clients strace binutils
  wrk nghttp2-client libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc)

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
