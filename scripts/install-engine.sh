#!/usr/bin/env bash
# Installs an engine on Debian, as root, and starts it: install-engine.sh docker|podman. `berth setup --install-engine`.
set -euo pipefail
. "$(dirname "$0")/engines.sh"

install_packages "$1"
"start_$1"
