#!/usr/bin/env bash
# For tests on a root machine: an ordinary user with a rootless Podman of its own, also in the docker group.
# Prints the path of the Podman API socket. A second call finds everything there.
set -euo pipefail
cd "$(dirname "$0")"
. ./engines.sh

USER_NAME=${1:-berth-test}
[ "$(id -u)" = 0 ] || die 'rootless.sh makes a user: run it as root'

if ! id "$USER_NAME" >/dev/null 2>&1; then
  say "making the user $USER_NAME"
  useradd --create-home --shell /bin/bash "$USER_NAME"
fi
has_ids() { grep -q "^$USER_NAME:" "$1" 2>/dev/null; }
next_ids() { awk -F: 'BEGIN { top = 100000 } $2 + $3 > top { top = $2 + $3 } END { print top }' /etc/subuid /etc/subgid; }
touch /etc/subuid /etc/subgid
if ! has_ids /etc/subuid || ! has_ids /etc/subgid; then
  first=$(next_ids)
  usermod --add-subuids "$first-$((first + 65535))" --add-subgids "$first-$((first + 65535))" "$USER_NAME"
fi
if getent group docker >/dev/null && ! id -nG "$USER_NAME" | tr ' ' '\n' | grep -qx docker; then
  usermod -aG docker "$USER_NAME"
fi

HOME_DIR=$(getent passwd "$USER_NAME" | cut -d: -f6)
USER_ID=$(id -u "$USER_NAME")
RUNTIME_DIR=/run/user/$USER_ID
SOCKET=$RUNTIME_DIR/podman/podman.sock
as_user() {
  (cd "$HOME_DIR" && exec setpriv --reuid "$USER_NAME" --regid "$USER_NAME" --init-groups -- \
    env -i "HOME=$HOME_DIR" "USER=$USER_NAME" "XDG_RUNTIME_DIR=$RUNTIME_DIR" PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "$@")
}

if ! answers "$SOCKET"; then
  for device in /dev/net/tun /dev/fuse; do
    [ ! -c "$device" ] || chmod 666 "$device"
  done
  [ "$(findmnt -no PROPAGATION /)" = shared ] || mount --make-rshared /
  install -d -m 755 /run/user
  install -d -m 700 -o "$USER_NAME" -g "$USER_NAME" "$RUNTIME_DIR" "$RUNTIME_DIR/podman"
  install -d -m 755 -o "$USER_NAME" -g "$USER_NAME" "$HOME_DIR/.config" "$HOME_DIR/.config/containers"
  # Without a word podman takes vfs here, which copies the whole image for each container.
  if [ ! -e "$HOME_DIR/.config/containers/storage.conf" ] && [ ! -d "$HOME_DIR/.local/share/containers" ] &&
    as_user podman --storage-driver overlay --root "$HOME_DIR/.trial" --runroot "$RUNTIME_DIR/trial" info >/dev/null 2>&1; then
    printf '[storage]\ndriver = "overlay"\n' >"$HOME_DIR/.config/containers/storage.conf"
  fi
  as_user rm -rf "$HOME_DIR/.trial" "$RUNTIME_DIR/trial"
  mend_podman "$HOME_DIR/.config/containers/containers.conf" as_user || exit 1
  say "starting the API of podman for $USER_NAME, its log is $LOG_DIR/podman-$USER_NAME.log"
  mkdir -p "$LOG_DIR"
  cd "$HOME_DIR"
  as_user setsid podman system service --time=0 "unix://$SOCKET" >>"$LOG_DIR/podman-$USER_NAME.log" 2>&1 </dev/null 9<&- &
  wait_for 30 answers "$SOCKET" || die "podman: no answer at $SOCKET"
fi
printf '%s\n' "$SOCKET"
