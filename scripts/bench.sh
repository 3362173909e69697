#!/usr/bin/env bash
# Runs every measurement in bench/, one after the other: bench/NAME.ts prints its own numbers.
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob
files=(bench/*.bench.ts)
[ ${#files[@]} -gt 0 ] || { echo 'bench: there is no bench/*.bench.ts' >&2; exit 1; }
for file in "${files[@]}"; do
  echo "== ${file##*/}"
  node_modules/.bin/node "$file"
done
