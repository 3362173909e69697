#!/usr/bin/env bash
# Shows Berth at work without a key: a real repository, the real Codex CLI in a real container, and a model whose words
# stand in examples/demo/scenario.json. Sets up what is missing first; leaves nothing behind but the set-up.
set -euo pipefail
cd "$(dirname "$0")/.."
ROOT=$PWD
KEY=$(sed -n 's/.*"key": "\(.*\)".*/\1/p' examples/demo/scenario.json)
MODEL=
DEMO=
TASK=

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' off=$'\e[0m'; else bold='' dim='' off=''; fi
title() { printf '\n%s== %s ==%s\n' "$bold" "$*" "$off"; }
talk() { printf '%s%s%s\n' "$dim" "$*" "$off"; }
show() { printf '%s$ %s%s\n' "$bold" "$*" "$off"; }
fail() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}

# The task with its container, the model by its own pid, the folder; the supervisor ends when its state folder is gone.
cleanup() {
  trap - EXIT INT TERM
  [ -z "$TASK" ] || berth rm --force "$TASK" >/dev/null 2>&1 || true
  [ -z "$MODEL" ] || kill "$MODEL" 2>/dev/null || true
  [ -z "$DEMO" ] || rm -rf "$DEMO" 2>/dev/null || rm -rf "$DEMO" || true
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

title 'Set-up'
talk 'Engines, the image agents work in, and the toolbox with the agent CLIs. The first time takes minutes.'
scripts/setup.sh >/dev/null

DEMO=$(mktemp -d "${TMPDIR:-/tmp}/berth-demo.XXXXXX")
export BERTH_HOME=$DEMO/state OPENAI_API_KEY=$KEY
# Only what the demo says counts, not the settings of this shell.
for name in $(compgen -e | grep '^BERTH_' || true); do
  case $name in BERTH_HOME | BERTH_ENGINE | BERTH_INSTALL_DIR) ;; *) unset "$name" ;; esac
done
REMOTE=$DEMO/shop.git
berth() { "$ROOT/bin/berth" "$@"; }
local_git() { git --no-pager -c user.name=Ada -c user.email=ada@example.org -c commit.gpgsign=false -c core.hooksPath=/dev/null "$@"; }

title 'A repository with a failing test'
local_git init --quiet --bare --initial-branch=main "$REMOTE"
cp -r examples/demo/repository "$DEMO/shop"
local_git -C "$DEMO/shop" init --quiet --initial-branch=main
local_git -C "$DEMO/shop" add .
local_git -C "$DEMO/shop" commit --quiet --message 'Prices, with a discount'
local_git -C "$DEMO/shop" push --quiet "$REMOTE" main
talk 'The remote is a bare repository in a temporary folder. Its branch main has one commit:'
show 'git log --oneline main; git show main:price.js'
git --no-pager --git-dir "$REMOTE" log --oneline main
git --no-pager --git-dir "$REMOTE" show main:price.js

title 'A model that needs no key of yours'
"$ROOT/node_modules/.bin/node" test/fixtures/model-server/main.ts --scenario examples/demo/scenario.json >"$DEMO/model" &
MODEL=$!
for _ in $(seq 200); do
  [ ! -s "$DEMO/model" ] || break
  kill -0 "$MODEL" 2>/dev/null || fail 'the scripted model did not start'
  sleep 0.05
done
URL=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$DEMO/model")
[ -n "$URL" ] || fail 'the scripted model did not start in 10 s'
talk "A small server on this machine answers like OpenAI's API, with words from examples/demo/scenario.json."
talk 'It refuses every request without its key. The key is set outside the container, on the way to the model.'

title 'The task: the real Codex CLI, in a container without a network'
show "berth run --repo file://$REMOTE --branch main --agent codex --base-url $URL 'fix the failing test'"
code=0
berth run --repo "file://$REMOTE" --branch main --agent codex --base-url "$URL" 'fix the failing test' || code=$?
TASK=$(berth ls -a -q)
[ "$code" -eq 0 ] || fail "the task ended with exit code $code; \`bin/berth doctor\` checks the set-up"

title 'What the agent changed'
show "berth diff $TASK --stat"
berth diff "$TASK" --stat
show "berth diff $TASK"
berth diff "$TASK"

title 'What arrived on the remote'
show 'git log --oneline --graph --all'
git --no-pager --git-dir "$REMOTE" log --oneline --graph --all
show "git log -1 berth/$TASK"
git --no-pager --git-dir "$REMOTE" log -1 "berth/$TASK"

title 'Now with your own key'
cat <<TEXT
  export OPENAI_API_KEY=...
  cd a/repository/of/yours
  $ROOT/bin/berth run --repo . "what you want done"

The commit arrives in that repository as the branch berth/<task>; your files and branches stay as they are.
Useful next: berth ls -a, berth log ID, berth status ID, berth doctor. README.md has the rest.
TEXT
echo
talk 'The demo removes its task, its model and its folder now.'
