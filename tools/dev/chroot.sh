# shellcheck shell=bash
# Debian in a folder: sysroots for cross builds, and clean systems for packages.

debian_suite() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

# debian_sources <all|main>: this machine's own sources of Debian, one to a line; "main" leaves out
# those of security updates.
debian_sources() {
  # apt fills these in itself.
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN) $(LABEL) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' | sort -u | if [[ $1 == main ]]; then grep -v -i security; else cat; fi |
    sed -n 's/^Debian [^ ]* //p'
}

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

# make_debian <folder|tar> <architectures> <mmdebstrap option...>: a mirror that has no security
# updates for an architecture is tried without them.
make_debian() {
  local target=$1 architectures=$2 log=$1.log sources
  shift 2
  mkdir -p "$(dirname "$target")"
  for sources in all main; do
    as_root rm -rf "$target"
    if debian_sources "$sources" | as_root mmdebstrap --mode=root --architectures="$architectures" \
      "$@" "$(debian_suite)" "$target" - >"$log" 2>&1; then
      return
    fi
    say "no Debian for $architectures with sources \"$sources\"; see $log"
  done
  return 1
}

# Links to absolute paths would lead out of the sysroot.
make_links_relative() {
  local link target
  find "$1" -type l -lname '/*' -printf '%p\n' | while read -r link; do
    target=$(readlink "$link")
    ln -sfn "$(realpath -m --relative-to "$(dirname "$link")" "$1$target")" "$link"
  done
}

# need_sysroot <arch>: headers and libraries of that architecture, in build/sysroot-<arch>; made
# again where the list of packages has changed.
need_sysroot() {
  local arch=$1 root=build/sysroot-$1 wanted
  local packages=(libc6-dev libstdc++-12-dev "${LIBRARY_PACKAGES[@]}" libgtest-dev libgmock-dev)
  wanted="${packages[*]}"
  if [[ -f $root/packages && $(<"$root/packages") == "$wanted" ]]; then return; fi
  need_packages "${CHROOT_PACKAGES[@]}"
  say "sysroot for $arch"
  make_debian "$root" "$arch" --variant=extract --include="${wanted// /,}" ||
    die "no sysroot for $arch was made"
  make_links_relative "$ROOT/$root"
  printf '%s\n' "$wanted" >"$root/packages"
}

# The name that compilers and folders have for an architecture of Debian.
triplet_of() { dpkg-architecture -a"$1" -qDEB_HOST_GNU_TYPE; }

# The clean Debian that builds packages for an architecture.
build_chroot() { printf '%s/chroot-%s' "${EDGELANE_DEBIAN_CACHE:-$ROOT/build/deb}" "$1"; }

# How ./dev deb ends where that Debian cannot be made: without root, or without its packages.
readonly NO_DEBIAN=75

# need_build_chroot <arch> <source>: makes it; again after a week, or where the package needs
# something else. The source, from which it learns that, is staged already.
need_build_chroot() {
  local arch=$1 stage=$2 root include needs
  root=$(build_chroot "$arch")
  needs=$(sed '/^$/q' "$stage/debian/control")
  if [[ -n $(find "$root/.ready" -mtime -7 2>/dev/null) && $(<"$root/.ready") == "$needs" ]]; then
    return
  fi
  need_packages "${CHROOT_PACKAGES[@]}"
  say "clean Debian to build for $arch"
  include="build-essential,ccache,ca-certificates,binutils-$(triplet_of "$arch")"
  make_debian "$root" "$(native_arch),$arch" --variant=minbase \
    --include="$include,libstdc++-12-dev:$arch" \
    --customize-hook="mkdir -p \"\$1/src/edgelane\"; cp -a '$stage/debian' \"\$1/src/edgelane/\"" \
    --customize-hook="chroot \"\$1\" apt-get build-dep -y --no-install-recommends -a$arch -Pcross /src/edgelane" ||
    return 1
  as_root tee "$root/.ready" <<<"$needs" >/dev/null
}

# in_chroot <root> <source folder> <command...>: with that folder as /src and the compiler's cache;
# what is mounted for it is gone with it.
in_chroot() {
  local root=$1 source=$2 cache
  shift 2
  cache=$(ccache -k cache_dir)
  mkdir -p "$cache"
  as_root mkdir -p "$root/ccache" "$root/src"
  # The inner shell expands them.
  # shellcheck disable=SC2016
  as_root unshare --mount sh -c 'set -e
    root=$1 source=$2 cache=$3
    shift 3
    mount -t proc proc "$root/proc"
    mount --bind "$source" "$root/src"
    mount --bind "$cache" "$root/ccache"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
      CCACHE_DIR=/ccache CCACHE_NOHASHDIR=1 EDGELANE_CCACHE=1 "$@"' \
    sh "$root" "$source" "$cache" "$@"
}
