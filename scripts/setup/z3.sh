# The solver of `./dev prove`.

ensure_z3() {
  if command -v z3 >/dev/null 2>&1; then return 0; fi
  z3_log=${TMPDIR:-/tmp}/remit-z3-install.$$.log
  if command -v apt-get >/dev/null 2>&1; then
    say "installing z3 (apt-get)"
    apt_install "$z3_log" z3 || true
  elif command -v brew >/dev/null 2>&1; then
    say "installing z3 (brew)"
    brew install --quiet z3 >"$z3_log" 2>&1 </dev/null || true
  fi
  if command -v z3 >/dev/null 2>&1; then
    rm -f "$z3_log"
    return 0
  fi
  if [ -f "$z3_log" ]; then
    tail -n 5 "$z3_log" >&2
    rm -f "$z3_log"
  fi
  fail 69 SETUP_Z3 "there is no z3, and it could not be installed" \
    "install it (Debian, Ubuntu: sudo apt-get install z3; macOS: brew install z3)"
}
