# Redis: REDIS_URL wins; else a server binary on the PATH, which demo and tests start privately on a free port.

ensure_redis() {
  [ -z "${REDIS_URL:-}" ] || return 0
  if command -v redis-server >/dev/null 2>&1 || command -v valkey-server >/dev/null 2>&1; then return 0; fi
  redis_log=${TMPDIR:-/tmp}/remit-redis-install.$$.log
  if command -v apt-get >/dev/null 2>&1; then
    say "installing redis-server (apt-get)"
    apt_install "$redis_log" redis-server || true
  elif command -v brew >/dev/null 2>&1; then
    say "installing redis (brew)"
    brew install --quiet redis >"$redis_log" 2>&1 </dev/null || true
  fi
  if command -v redis-server >/dev/null 2>&1; then
    rm -f "$redis_log"
    return 0
  fi
  if [ -f "$redis_log" ]; then
    tail -n 5 "$redis_log" >&2
    rm -f "$redis_log"
  fi
  fail 69 SETUP_REDIS "there is no Redis, and it could not be installed" \
    "install it (Debian, Ubuntu: sudo apt-get install redis-server; macOS: brew install redis), or name a running one: REDIS_URL=redis://HOST:6379 ./dev …"
}
