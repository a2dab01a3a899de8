#!/bin/sh
# Optional: SwiftShader, a Vulkan that runs on the CPU, so that the webgpu provider is tested without a GPU. It is part
# of Debian's chromium package. Never a reason to stop: where it is absent, that one test is skipped and says so.
# REMIT_SWIFTSHADER=0 declines; a failed try is not repeated for a day.
set -eu
cd "$(dirname "$0")/../.."
. scripts/setup/say.sh

icd=/usr/lib/chromium/vk_swiftshader_icd.json
declined=$remit_cache/swiftshader-unavailable

has_vulkan_loader() {
  for library in /usr/lib/*/libvulkan.so.1 /usr/lib/libvulkan.so.1; do
    [ ! -e "$library" ] || return 0
  done
  return 1
}

[ -f "$icd" ] && has_vulkan_loader && exit 0
[ "${REMIT_SWIFTSHADER:-1}" != 0 ] || exit 0
[ -z "$(find "$declined" -mtime -1 2>/dev/null)" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
  say "installing chromium and libvulkan1 for the webgpu test (optional, apt-get, about a minute)"
  log=${TMPDIR:-/tmp}/remit-swiftshader.$$.log
  apt_install "$log" chromium libvulkan1 || true
  rm -f "$log"
fi
if [ ! -f "$icd" ] || ! has_vulkan_loader; then
  mkdir -p "$remit_cache"
  : >"$declined"
  say "SwiftShader is not available here: the webgpu test will be skipped"
fi
