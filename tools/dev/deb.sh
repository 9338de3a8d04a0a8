# shellcheck shell=bash
# The Debian package.

help_deb() {
  cat <<'TEXT'
usage: ./dev deb [arch]
  Builds build/deb/edgelane_VERSION_ARCH.deb from what is committed. Another architecture than this
  machine's (arm64, armhf) is built in a clean Debian of its own, which needs root and is kept for a
  week: in $EDGELANE_DEBIAN_CACHE, else in build/deb, which "./dev clean" removes.
TEXT
}

native_arch() { dpkg --print-architecture; }

package_version() { sed -n '1s/.*(\(.*\)).*/\1/p' packaging/deb/changelog; }

project_version() { sed -n 's/^project(edgelane VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt; }

# comma_list <word>...: "a, b, c"
comma_list() {
  local joined
  joined=$(printf ', %s' "$@")
  printf '%s' "${joined:2}"
}

fill_control() {
  local tools="clang-19:native, lld-19:native, llvm-19:native, cmake, ninja-build, node-llhttp"
  tools+=", python3:any, qemu-user-static:native <cross>"
  sed -e "s/@TOOLS@/$tools/" -e "s/@LIBRARIES@/$(comma_list "${LIBRARY_PACKAGES[@]}")/" \
    -e "s/@RECOMMENDED@/$(comma_list "${RECOMMENDED_PACKAGES[@]}")/" "$1"
}

# stage_source <folder>: what is committed, with packaging/deb as its debian/.
stage_source() {
  local stage=$1
  rm -rf "$stage"
  mkdir -p "$stage"
  git archive HEAD | tar -x -C "$stage"
  cp -a "$stage/packaging/deb" "$stage/debian"
  fill_control "$stage/debian/control.in" >"$stage/debian/control"
  rm "$stage/debian/control.in"
}

check_versions() {
  [[ $(package_version) == "$(project_version)" ]] ||
    die "packaging/deb/changelog is at $(package_version), CMakeLists.txt at $(project_version); make them equal"
  [[ -z $(git status --porcelain) ]] ||
    printf 'dev: there are changes that are not committed; they are not in the package\n' >&2
}

# build_staged <stage> <log> [option...]: leaves the packages beside the stage.
build_staged() {
  local stage=$1 log=$2
  shift 2
  # debhelper changes HOME, where ccache would look for its cache. With a base folder ccache would
  # give the compiler other paths than a build without it has, and so other debug information.
  if ! (cd "$stage" && env -u CCACHE_BASEDIR EDGELANE_CCACHE=1 CCACHE_DIR="$(ccache -k cache_dir)" \
    dpkg-buildpackage -us -uc -b "$@") >"$log" 2>&1; then
    tail -40 "$log" >&2
    return 1
  fi
}

build_native_deb() {
  local stage=build/deb/stage-$1/edgelane log=$ROOT/build/deb/build-$1.log
  need_packages "${BUILD_PACKAGES[@]}" "${DEB_PACKAGES[@]}"
  stage_source "$stage"
  build_staged "$stage" "$log" || die "the package was not built; see $log"
  cp build/deb/stage-"$1"/*_"$1".deb build/deb/
}

build_foreign_deb() {
  local arch=$1 folder=$ROOT/build/deb/stage-$1 log=$ROOT/build/deb/build-$1.log
  need_packages ccache dpkg-dev
  stage_source "$folder/edgelane"
  if ! need_build_chroot "$arch" "$folder/edgelane"; then
    tail -5 "$(build_chroot "$arch").log" >&2 || true
    printf 'dev: no clean Debian to build for %s could be made\n' "$arch" >&2
    exit "$NO_DEBIAN"
  fi
  if ! in_chroot "$(build_chroot "$arch")" "$folder" \
    sh -c "cd /src/edgelane && dpkg-buildpackage -us -uc -b -a$arch" >"$log" 2>&1; then
    tail -40 "$log" >&2
    die "the package was not built; see $log"
  fi
  cp "$folder"/*_"$arch".deb build/deb/
}

cmd_deb() {
  local arch=${1:-$(native_arch)}
  need_packages git
  check_versions
  mkdir -p build/deb
  say "package for $arch"
  if [[ $arch == "$(native_arch)" ]]; then
    build_native_deb "$arch"
  else
    build_foreign_deb "$arch"
  fi
  ls -l build/deb/*_"$arch".deb
}
