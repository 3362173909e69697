#!/usr/bin/env bash
# Set-up from nothing, asks nothing: packages and engines (as root on Debian), npm packages, build, agent image, toolbox.
# A second call only looks. `--modules`: the npm packages alone. CI=true: every engine is wanted, a rootless Podman too.
# stdout names the engines that tests may use, a line each: NAME=URL.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$ROOT"
. scripts/engines.sh

start_engines() {
  if [ "$(id -u)" = 0 ]; then
    if has apt-get; then
      install_packages docker podman || say 'going on with what is there'
    else
      say 'this is no Debian: packages are not installed, only looked for'
    fi
    start_docker || true
    start_podman || true
  else
    say 'not root: nothing is installed, the engines that answer are used'
  fi
}

install_modules() {
  local want
  want=$(sha256sum package-lock.json | cut -d' ' -f1)
  if [ -f node_modules/.berth-lock ] && [ "$(cat node_modules/.berth-lock)" = "$want" ]; then return 0; fi
  has npm || die 'npm is missing: install Node 20 or newer with npm'
  [ -w "$ROOT" ] || die "node_modules is stale and $ROOT is not yours to write"
  say 'fetching npm packages'
  # Not `npm ci`: it refuses a lock without the optional packages of other platforms, and a registry need not have them
  # all. This takes versions and hashes from the lock too, and leaves it as it is.
  local out
  out=$(npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error 2>&1) || die "npm install failed: $(head -n 5 <<<"$out")"
  [ -x node_modules/.bin/node ] || die 'npm brought no Node for this machine (only x64 and arm64 Linux have one)'
  printf '%s\n' "$want" >node_modules/.berth-lock
}

# Two set-ups of one checkout wait for each other.
exec 9<"$ROOT"
flock -w 900 9 || die 'another set-up of this checkout does not end'

if [ "${1:-}" = --modules ]; then
  install_modules
  exit 0
fi

start_engines
install_modules
node_modules/.bin/node scripts/build.ts

# The tests' own rootless Podman: made where CI wants it, used where it is there.
ROOTLESS=
if [ "$(id -u)" = 0 ]; then
  if [ "${CI:-}" = true ]; then
    ROOTLESS=$(scripts/rootless.sh) || say 'rootless podman is left out'
  elif test_user=$(id -u berth-test 2>/dev/null) && answers "/run/user/$test_user/podman/podman.sock"; then
    ROOTLESS=/run/user/$test_user/podman/podman.sock
  fi
fi
TOOLBOX=$(node_modules/.bin/node scripts/install.ts ${ROOTLESS:+"podman=unix://$ROOTLESS"})
say "ready: the toolbox is $TOOLBOX"

docker_url=${DOCKER_HOST:-unix://$DOCKER_SOCKET}
case $docker_url in
  unix://*) if answers "${docker_url#unix://}"; then echo "docker=$docker_url"; fi ;;
  *) echo "docker=$docker_url" ;;
esac
for socket in "$PODMAN_SOCKET" "${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/podman/podman.sock"; do
  if [ -w "$socket" ] && answers "$socket"; then echo "podman=unix://$socket"; fi
done
[ -z "$ROOTLESS" ] || echo "rootless=unix://$ROOTLESS"
