#!/usr/bin/env bash
# Takes another version of an agent's CLI into the toolbox and runs what is tested of that agent:
# update-agent.sh AGENT [VERSION]; the newest of the registry without one. The lock is changed; commit it when all is well.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/node_modules/.bin:$PATH

case ${1:-} in
  codex) packages=(@openai/codex) kind=save tests=(main-job model-failures turn-ends) ;;
  claude) packages=(@anthropic-ai/claude-code-linux-x64 @anthropic-ai/claude-code-linux-arm64) kind=save-optional tests=() ;;
  gemini) packages=(@google/gemini-cli) kind=save tests=(gemini-sessions) ;;
  opencode) packages=(opencode-linux-x64) kind=save-optional tests=(opencode opencode-routes) ;;
  *)
    echo 'usage: make update-agent AGENT=codex|claude|gemini|opencode [VERSION=x.y.z]' >&2
    exit 2
    ;;
esac
agent=$1
version=${2:-$(npm view "${packages[0]}" version)}
echo "== $agent $version"
(cd images/toolbox && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit \
  --no-fund --loglevel=error --save-exact "--$kind" "${packages[@]/%/@$version}")
git --no-pager diff --stat -- images/toolbox
scripts/setup.sh >/dev/null
echo '== its recorded output, read by the parser of today'
vitest run --project unit "src/providers/$agent"
echo '== the real CLI'
BERTH_TEST_ALL=true vitest run --project e2e test/e2e/providers.test.ts -t "^$agent on"
for name in "${tests[@]}"; do vitest run --project e2e "test/e2e/$name.test.ts"; done
cat <<END
$agent $version passes. What is left: the version in test/fixtures/test-agents.ts, \`node scripts/record-fixtures.ts $agent\`
for its output as it is now, docs/providers.md where it behaves otherwise, and a commit.
END
