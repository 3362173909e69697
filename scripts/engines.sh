# Sourced by the other scripts: finding, installing, starting and trying the container engines. Says what it does on
# stderr. An engine that answers is never touched.

DOCKER_SOCKET=/var/run/docker.sock
PODMAN_SOCKET=/run/podman/podman.sock
LOG_DIR=${BERTH_LOG_DIR:-/var/log/berth}

say() { printf '%s\n' "setup: $*" >&2; }
die() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
under_systemd() { [ -d /run/systemd/system ]; }

# True when an engine answers at a socket. `docker` speaks to Podman's compatible API too, so one question does for both.
answers() {
  [ -S "$1" ] || return 1
  if has curl; then
    curl -sf --max-time 5 --unix-socket "$1" http://engine/_ping >/dev/null 2>&1
  else
    timeout 5 docker --host "unix://$1" version >/dev/null 2>&1
  fi
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# Starts a program that outlives this shell, its output in a log. Prints nothing.
start_detached() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  # In a folder of its own: podman's monitor leaves a file `oom` in the one it was started in.
  (cd "$(dirname "$log")" && exec setsid "$@" >>"$log" 2>&1 </dev/null 9<&-) &
}

# Docker before 23 takes an inotify instance for each log that it follows, and without one looks for new lines five times
# a second. `berth doctor` has the same number.
raise_inotify() {
  local file=/proc/sys/fs/inotify/max_user_instances want=1024 now
  now=$(cat "$file" 2>/dev/null) || return 0
  [ "$now" -lt "$want" ] || return 0
  if { echo "$want" >"$file"; } 2>/dev/null; then
    say "docker: fs.inotify.max_user_instances is $want now, it was $now: an instance for each live task"
  else
    say "docker: fs.inotify.max_user_instances stays at $now; beyond it the events of live tasks come up to 0.2 s late"
  fi
}

start_docker() {
  answers "$DOCKER_SOCKET" && return 0
  if under_systemd; then
    say 'starting docker (systemd)'
    systemctl enable --now docker >&2 || true
  else
    has dockerd || { say 'docker: there is no dockerd on this machine'; return 1; }
    say "starting dockerd, its log is $LOG_DIR/dockerd.log"
    raise_inotify
    start_detached "$LOG_DIR/dockerd.log" dockerd --host "unix://$DOCKER_SOCKET"
  fi
  wait_for 30 answers "$DOCKER_SOCKET" || { say "docker: dockerd does not answer at $DOCKER_SOCKET"; return 1; }
}

# A root file system with one static program: enough to see whether Podman can run a container at all.
trial_rootfs() {
  local dir=$1
  mkdir -p "$dir/proc" "$dir/sys" "$dir/dev" "$dir/etc" "$dir/run" "$dir/tmp"
  cp /usr/bin/tini-static "$dir/tini-static"
  chmod -R a+rwX "$dir"
}

# Lines of containers.conf, mildest first; a machine without CAP_SYS_RESOURCE cannot raise limits, and crun refuses
# hybrid cgroups.
containers_conf() {
  local files procs
  files=$(ulimit -Hn) procs=$(ulimit -Hu)
  case $files in unlimited | ??????*) files=20000 ;; esac
  case $procs in unlimited | ??????*) procs=20000 ;; esac
  [ "$files" -le 20000 ] || files=20000
  [ "$procs" -le 20000 ] || procs=20000
  printf '[containers]\ndefault_ulimits = ["nofile=%s:%s", "nproc=%s:%s"]\n' "$files" "$files" "$procs" "$procs"
  [ "$1" = limits ] || printf '[engine]\nruntime = "runc"\n'
}

# mend_podman CONF RUN...: makes `RUN... podman run` work, where it does not, with a containers.conf of its own at CONF.
mend_podman() {
  local conf=$1 dir kind
  shift
  dir=$(mktemp -d /tmp/berth-trial.XXXXXX)
  chmod 755 "$dir"
  trial_rootfs "$dir/root"
  if trial_run "$dir" "$@"; then
    rm -rf "$dir"
    return 0
  fi
  if [ -e "$conf" ]; then
    say "podman: a trial container fails, and $conf is yours: $(tail -n 1 "$dir/error")"
    rm -rf "$dir"
    return 1
  fi
  for kind in limits runc; do
    containers_conf "$kind" >"$dir/containers.conf"
    chmod 644 "$dir/containers.conf"
    if trial_run "$dir" "$@" env "CONTAINERS_CONF=$dir/containers.conf"; then
      say "podman: writing $conf, containers do not start without it here"
      mkdir -p "$(dirname "$conf")"
      cp "$dir/containers.conf" "$conf"
      rm -rf "$dir"
      return 0
    fi
  done
  say "podman: a trial container fails: $(tail -n 1 "$dir/error")"
  rm -rf "$dir"
  return 1
}

trial_run() {
  local dir=$1
  shift
  "$@" timeout 60 podman run --rm --network none --rootfs "$dir/root" /tini-static --version >/dev/null 2>"$dir/error"
}

start_podman() {
  answers "$PODMAN_SOCKET" && return 0
  has podman || { say 'podman: there is no podman on this machine'; return 1; }
  mend_podman /etc/containers/containers.conf env || return 1
  if under_systemd; then
    say 'starting podman.socket (systemd)'
    systemctl enable --now podman.socket >&2 || true
  else
    say "starting the API of podman, its log is $LOG_DIR/podman.log"
    mkdir -p "$(dirname "$PODMAN_SOCKET")"
    start_detached "$LOG_DIR/podman.log" podman system service --time=0 "unix://$PODMAN_SOCKET"
  fi
  wait_for 30 answers "$PODMAN_SOCKET" || { say "podman: no answer at $PODMAN_SOCKET"; return 1; }
}

# Debian's packages for these engines; the engine itself only where it is not there.
engine_packages() {
  local name
  for name; do
    case $name in
      docker)
        answers "$DOCKER_SOCKET" || has dockerd || echo docker.io
        echo runc iptables
        ;;
      podman)
        answers "$PODMAN_SOCKET" || has podman || echo podman
        echo runc crun buildah fuse-overlayfs slirp4netns netavark aardvark-dns uidmap conmon iptables nftables
        ;;
    esac
  done
}

# What the rest needs; tini-static is what a trial container runs.
other_packages() {
  echo git make ca-certificates curl mmdebstrap tini
  [ "${CI:-}" != true ] || echo openssh-server openssh-client busybox-static zsh fish tmux docker-registry asciinema
}

# install_packages ENGINE...: with apt, as root, what these engines and Berth need and what is not there.
install_packages() {
  local missing=() name
  for name in $(engine_packages "$@") $(other_packages); do
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  local log code=0
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  # One source of many that does not answer is no reason to stop.
  apt-get update >"$log" 2>&1 || true
  if ! apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    tail -n 5 "$log" >&2
    say 'apt-get failed'
    code=1
  fi
  rm -f "$log"
  return "$code"
}
