# Words to the person at the terminal. Everything goes to standard error: standard output belongs to the command.

say() {
  echo "remit: $*" >&2
}

# fail EXIT CODE MESSAGE FIX — the same three lines as a RemitError.
fail() {
  echo "$2: $3" >&2
  echo "  fix:  $4" >&2
  echo "  docs: docs/ERRORS.md#$(echo "$2" | tr '[:upper:]' '[:lower:]')" >&2
  exit "$1"
}

# as_root COMMAND… — directly, or through sudo, which may only ask for a password when there is a terminal to ask on.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif ! command -v sudo >/dev/null 2>&1; then
    return 1
  elif [ -t 0 ] && [ -t 2 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# apt_install LOG PACKAGE… — quiet; the transcript goes to LOG.
apt_install() {
  log=$1
  shift
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 </dev/null || return 1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" >>"$log" 2>&1 </dev/null
}

remit_cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/remit
