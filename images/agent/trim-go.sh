#!/bin/sh
# Leaves of Debian's Go what builds, tests and formats programs. Takes away what is for work on Go itself: the source and
# archives of its own commands, its tests and documents, race detectors of other machines, and an experiment of its
# cryptography.
set -eu
root=$(go env GOROOT)
share=/usr/share/${root##*/}
rm -rf "$root"/pkg/*/cmd "$root"/api "$root"/misc "$root"/test
for tool in api dist trace; do rm -f "$root"/pkg/tool/*/$tool; done
rm -rf "$share"/api "$share"/misc "$share"/test "$share"/src/cmd "$share"/src/crypto/internal/boring/syso/*.syso
find "$share/src/runtime/race" -name '*.syso' ! -name "race_linux_$(go env GOARCH).syso" -delete
find "$share/src" -name testdata -type d -prune -exec rm -rf {} +
find "$share/src" -name '*_test.go' -delete
