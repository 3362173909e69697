#!/usr/bin/env bash
# Everything that can be tested on this machine. CI=true wants every engine and starts what is missing; else those that
# answer are used. Each check of the code counts as one test. The last line is `N passed, N failed`.
# BERTH_TEST_ALL=true: the whole matrix, also what is no engine's matter on every engine, and every case of every agent.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/node_modules/.bin:$PATH
# BERTH_TEST_MINUTES: after so long no further test on an engine begins; the last lines name what was left out.
[ -z "${BERTH_TEST_MINUTES:-}" ] || export BERTH_TEST_UNTIL=$((($(date +%s) + BERTH_TEST_MINUTES * 60) * 1000))

# BERTH_TEST_REPORTS: a folder in which the reports stay.
if [ -n "${BERTH_TEST_REPORTS:-}" ]; then
  RESULTS=$BERTH_TEST_REPORTS
  mkdir -p "$RESULTS"
  rm -f "$RESULTS/notes"
else
  RESULTS=$(mktemp -d /tmp/berth-tests.XXXXXX)
  trap 'rm -rf "$RESULTS"' EXIT
fi
passed=0 failed=0
left_out=()

# step NAME COMMAND...: one test, its output shown.
step() {
  local name=$1
  shift
  echo "== $name"
  if "$@" </dev/null; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name" | tee -a "$RESULTS/notes"
  fi
}

# vitest_projects NAME...: their tests are counted one by one; a crash of the runner itself is a failure too.
vitest_projects() {
  local json=$RESULTS/$1.json code=0 counts
  echo "== $*"
  vitest run "${@/#/--project=}" --reporter=default --reporter=json --outputFile.json="$json" </dev/null || code=$?
  counts=$(node scripts/sum-tests.ts "$json" "$code" "$RESULTS/notes") || counts='0 1'
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}

finish() {
  echo
  [ ! -f "$RESULTS/notes" ] || cat "$RESULTS/notes"
  for line in "${left_out[@]+"${left_out[@]}"}"; do echo "left out: $line"; done
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}

echo '== setup'
if ENGINES=$(scripts/setup.sh </dev/null); then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
  echo 'FAILED: setup'
  [ -x node_modules/.bin/vitest ] || finish
fi

# What the tests on real engines read: "NAME=URL NAME=URL", names docker, podman, rootless.
BERTH_TEST_ENGINES=$(printf '%s ' ${ENGINES:-})
export BERTH_TEST_ENGINES=${BERTH_TEST_ENGINES% }
for name in docker podman rootless; do
  case " $BERTH_TEST_ENGINES" in
    *" $name="*) ;;
    *)
      left_out+=("engine $name: does not answer here")
      if [ "${CI:-}" = true ]; then
        failed=$((failed + 1))
        echo "FAILED: engine $name is wanted with CI=true and does not answer"
      fi
      ;;
  esac
done

# Ahead of the tests that use it: rootless Podman has none.
engines=()
for engine in $BERTH_TEST_ENGINES; do
  case $engine in docker=* | podman=*) engines+=(--engine "$engine") ;; esac
done
[ ${#engines[@]} -eq 0 ] || step 'worker image' bin/berth image build worker "${engines[@]}"

step lint npm run --silent lint
step types npm run --silent types
step imports npm run --silent imports
step 'dead code' npm run --silent dead
step package npm run --silent package
step workflows npm run --silent workflows
vitest_projects unit
if [ -z "$BERTH_TEST_ENGINES" ]; then
  left_out+=('integration, e2e, security, faults: no engine answers')
else
  vitest_projects integration e2e security faults alone
fi
[ "${BERTH_TEST_ALL:-}" = true ] || left_out+=('what make test-all adds: CONTRIBUTING.md lists it')
finish
