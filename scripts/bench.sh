#!/usr/bin/env bash
# Runs every measurement in bench/, one after the other: bench/NAME.bench.ts prints its own numbers and keeps them in
# bench/results/latest.json. ONLY=NAME runs one of them and leaves the others' figures as they are.
set -uo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob
files=(bench/*.bench.ts)
if [ -n "${ONLY:-}" ]; then
  files=("bench/$ONLY.bench.ts")
  [ -e "${files[0]}" ] || { echo "bench: ONLY=$ONLY: there is no ${files[0]}; there are:" bench/*.bench.ts >&2; exit 2; }
else
  rm -f bench/results/latest.json
fi
engines=$(scripts/setup.sh) || exit 1
BERTH_TEST_ENGINES=$(tr '\n' ' ' <<<"$engines")
export BERTH_TEST_ENGINES
failed=()
for file in "${files[@]}"; do
  name=${file##*/}
  echo "== $name"
  began=$SECONDS
  timeout 1200 node_modules/.bin/node "$file" || failed+=("$name")
  echo "== $name: $((SECONDS - began)) s"
done
[ ${#failed[@]} -eq 0 ] || { echo "bench: did not come to its end: ${failed[*]}" >&2; exit 1; }
