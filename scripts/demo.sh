#!/usr/bin/env bash
# Shows Berth at work, without a key: sets up what is missing first.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh >/dev/null
exec bin/berth --help
