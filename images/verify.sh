#!/bin/sh
# Shows that an image of the family does its work. Read from stdin by a shell in a container of that image, without a
# network: KIND [AGENT VERSION]... Writes a line for each check: ok or fail, its name, and what was found.
set -u
kind=$1
shift
PATH=$PATH:/opt/berth/bin
cd "$(mktemp -d)" || exit 1

check() {
  name=$1
  shift
  if found=$("$@" 2>&1 </dev/null); then result=ok; else result=fail; fi
  [ -n "$found" ] || found="$* gave no output"
  case $result in
    ok) found=$(printf '%s\n' "$found" | tail -n 1) ;;
    fail) found=$(printf '%s\n' "$found" | grep . | tail -n 3 | tr '\n\t' '  ') ;;
  esac
  printf '%s\t%s\t%s\n' "$result" "$name" "$found"
}

certificates() {
  count=$(grep -c 'BEGIN CERTIFICATE' /etc/ssl/certs/ca-certificates.crt) && [ "$count" -gt 50 ] && echo "$count"
}

repository() {
  git init -q repo && echo one >repo/file && git -C repo add file &&
    git -C repo -c user.name=Ada -c user.email=ada@example.org commit -qm one && git --version
}

c_project() {
  mkdir c && cd c || return 1
  printf '#include <stdio.h>\nint main(void) { puts(VERSION); return 0; }\n' >main.c
  printf 'main: main.c\n\tcc -DVERSION="\\"built by cc %s\\"" -o main main.c\n' "$(cc -dumpversion)" >Makefile
  make --silent && ./main
}

python_project() {
  mkdir python && cd python || return 1
  printf 'import json, sqlite3, ssl\nVALUE = json.loads("[1]")\n' >thing.py
  printf 'import unittest, thing\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(thing.VALUE, [1])\n' >test_thing.py
  python3 -m py_compile thing.py && python3 -m unittest --quiet && python3 --version
}

node_project() {
  mkdir node && cd node || return 1
  printf '{ "name": "thing", "type": "module", "scripts": { "test": "node --test" } }\n' >package.json
  printf 'export const value = 1\n' >thing.js
  printf 'import { equal } from "node:assert"\nimport test from "node:test"\nimport { value } from "./thing.js"\ntest("one", () => equal(value, 1))\n' >thing.test.js
  npm test --silent && node --version
}

go_project() {
  mkdir go && cd go || return 1
  printf 'module example.org/thing\n' >go.mod
  printf 'package main\n\nimport "fmt"\n\nfunc value() int { return 1 }\n\nfunc main() { fmt.Println(value()) }\n' >main.go
  printf 'package main\n\nimport "testing"\n\nfunc TestValue(t *testing.T) {\n\tif value() != 1 {\n\t\tt.Fatal(value())\n\t}\n}\n' >main_test.go
  go build -o thing && ./thing && go test ./... && go version
}

# A CLI is there if it says the version that the image's label names.
cli() {
  said=$("$1" --version 2>&1) || { echo "$said"; return 1; }
  case $said in
    *"$2"*) echo "$2" ;;
    *) echo "it says $said, the label $2"; return 1 ;;
  esac
}

nested_tools() {
  for tool in podman fuse-overlayfs slirp4netns crun; do "$tool" --version >/dev/null || return 1; done
  for tool in newuidmap newgidmap; do [ -u "/usr/bin/$tool" ] || { echo "$tool has no setuid bit"; return 1; }; done
  podman --version
}

check user sh -c 'id=$(id -u) && [ "$id" != 0 ] && echo "$id"'
check git repository
check certificates certificates
[ "$kind" = base ] && exit
check c c_project
check python python_project
check node node_project
check go go_project
[ "$kind" = nested ] && check nested nested_tools
while [ $# -gt 1 ]; do
  check "$1" cli "$1" "$2"
  shift 2
done
