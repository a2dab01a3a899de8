# npm packages: installed when absent, interrupted, or made from another lock file.

modules_marker=node_modules/.remit-lock

ensure_modules() {
  PATH=$PWD/node_modules/.bin:$PATH
  export PATH
  modules_lock=$(cksum <package-lock.json)
  if [ "$(cat "$modules_marker" 2>/dev/null)" = "$modules_lock" ]; then return 0; fi
  # Without our marker, npm's own record, which it writes last, tells of a finished install made by hand.
  modules_record=node_modules/.package-lock.json
  if [ -f "$modules_marker" ] || [ ! -f "$modules_record" ] || [ package-lock.json -nt "$modules_record" ]; then
    rm -f "$modules_marker"
    say "installing the npm packages (about half a minute)"
    npm ci --no-audit --no-fund --loglevel=error >&2 </dev/null ||
      fail 69 SETUP_MODULES "npm ci failed" "read npm's message above; a network or registry problem is the usual cause; then run again"
  fi
  # The marker appears in one step and only after success.
  echo "$modules_lock" >"$modules_marker.$$"
  mv "$modules_marker.$$" "$modules_marker"
}
