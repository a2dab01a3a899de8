# Compiled contracts: built when absent or older than any source. `./dev build` and `./dev test` always ask Hardhat itself.

contracts_marker=cache/.remit-built

ensure_contracts() {
  if [ -f "$contracts_marker" ] && [ -d artifacts ] &&
    [ -z "$(find contracts test/solidity hardhat.config.ts package-lock.json -type f -newer "$contracts_marker" 2>/dev/null | head -n 1)" ]; then
    return 0
  fi
  say "compiling the contracts"
  mkdir -p cache
  : >"$contracts_marker.$$"
  contracts_log=$contracts_marker.$$.log
  if ! hardhat build --quiet >"$contracts_log" 2>&1 </dev/null; then
    cat "$contracts_log" >&2
    rm -f "$contracts_log" "$contracts_marker.$$"
    fail 1 BUILD_FAILED "the contracts do not compile" "correct what the compiler reports above"
  fi
  rm -f "$contracts_log"
  mv "$contracts_marker.$$" "$contracts_marker"
}
