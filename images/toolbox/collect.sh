#!/bin/sh
# Runs as root inside the agent image: gathers in /out what the toolbox takes from Debian: git, a static init, CA
# certificates and a C library of their own, so that every Linux image of this architecture can run them.
# /in/programs holds Node and opencode as npm brings them. They and git are pointed at the loader in /opt/berth/lib by an
# RPATH, which, unlike LD_LIBRARY_PATH, the children do not inherit.
set -eu
prefix=/opt/berth
out=/out
mkdir -p $out/bin $out/lib/locale $out/libexec/git-core $out/share/git-core/templates/info $out/etc

cp /in/programs/* /bin/bash $out/libexec/
cp /usr/bin/tini-static $out/bin/tini
cp /in/keep.sh $out/lib/
gcc -static -Os -s -o $out/libexec/start /in/start.c
gcc -shared -fPIC -Os -s -o $out/lib/restore.so /in/restore.c
cp -a /usr/lib/git-core/. $out/libexec/git-core/
cd $out/libexec/git-core
rm -f git-add--interactive git-cvs* git-daemon git-http-backend git-http-fetch git-http-push git-imap-send git-instaweb \
  git-p4 git-send-email git-shell git-svn scalar
cp /usr/share/git-core/templates/description $out/share/git-core/templates/
cp /usr/share/git-core/templates/info/exclude $out/share/git-core/templates/info/
cp -L /etc/ssl/certs/ca-certificates.crt $out/etc/ca-certificates.crt

programs=$out/libexec/bash
for file in /in/programs/*; do programs="$programs $out/libexec/${file##*/}"; done
for file in $out/libexec/git-core/*; do
  if [ -f "$file" ] && [ ! -L "$file" ] && [ "$(head -c 4 "$file" | tail -c 3)" = ELF ]; then
    programs="$programs $file"
  fi
done

# Name => path of every library, and the loader, whose line has no arrow.
ldd $programs | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $2 ~ /^\(/ { print $1 }' | sort -u |
  while read -r path; do cp -L "$path" "$out/lib/${path##*/}"; done
libc=$(ldd /usr/bin/git | awk '$1 == "libc.so.6" { print $3 }')
for name in libdl.so.2 libm.so.6 libpthread.so.0 libresolv.so.2 librt.so.1 libutil.so.1 libnss_compat.so.2 libnss_dns.so.2 \
  libnss_files.so.2; do
  [ -e "$out/lib/$name" ] || cp -L "${libc%/*}/$name" "$out/lib/$name"
done
for loader in $out/lib/ld-linux*; do :; done

for file in $programs; do
  patchelf --set-interpreter "$prefix/lib/${loader##*/}" --force-rpath --set-rpath "$prefix/lib" "$file"
done

# A library that the image preloads may need another C library, so no program of the toolbox loads it.
cat >$out/bin/git <<'END'
#!/bin/sh
unset LD_PRELOAD LD_AUDIT
export GIT_EXEC_PATH=/opt/berth/libexec/git-core GIT_TEMPLATE_DIR=/opt/berth/share/git-core/templates
[ -e /etc/ssl/certs/ca-certificates.crt ] || export GIT_SSL_CAINFO="${GIT_SSL_CAINFO:-/opt/berth/etc/ca-certificates.crt}"
exec /opt/berth/libexec/git-core/git "$@"
END
cat >$out/bin/node <<'END'
#!/bin/sh
unset LD_PRELOAD LD_AUDIT
exec /opt/berth/libexec/node "$@"
END
# Some agents know no other shell. Its commands are the image's. It complains of a locale that is not there, and agents
# ask for this one.
cp -a /usr/lib/locale/C.utf8 $out/lib/locale/
cat >$out/bin/bash <<'END'
#!/bin/sh
[ -e /usr/lib/locale/C.utf8 ] || export "LOCPATH=${LOCPATH:-/opt/berth/lib/locale}"
. /opt/berth/lib/keep.sh
keep LD_AUDIT LD_PRELOAD
[ $berth_kept = no ] || export LD_PRELOAD=/opt/berth/lib/restore.so
exec /opt/berth/libexec/bash "$@"
END
# claude finds its own code in its file, so neither interpreter nor RPATH can be changed: it runs by the machine's C
# library where there is one that can, else by ours, named on the loader's command line.
cat >$out/bin/claude <<END
#!/bin/sh
berth_root=\${0%/bin/*}
berth_claude=\$berth_root/lib/claude/claude
. "\$berth_root/lib/keep.sh"
unset BUN_OPTIONS
keep LD_AUDIT LD_PRELOAD
[ \$berth_kept = no ] || export "LD_PRELOAD=\$berth_root/lib/restore.so"
"\$berth_claude" --version >/dev/null 2>&1 && exec "\$berth_claude" "\$@"
export USE_BUILTIN_RIPGREP=0
exec "\$berth_root/lib/${loader##*/}" --argv0 claude --library-path "\$berth_root/lib" "\$berth_claude" "\$@"
END
if [ -e $out/libexec/opencode ]; then
  cat >$out/bin/opencode <<'END'
#!/bin/sh
. /opt/berth/lib/keep.sh
unset BUN_OPTIONS
keep LD_AUDIT LD_PRELOAD
[ $berth_kept = no ] || export LD_PRELOAD=/opt/berth/lib/restore.so
exec /opt/berth/libexec/opencode "$@"
END
fi
# gemini ends without waiting for what it has written, so its output must block. The heap is the one it gives itself when
# it starts itself again, which it is told not to. Outside a container Node's loader is not where it looks for it.
cat >$out/lib/gemini-start.cjs <<'END'
for (const stream of [process.stdout, process.stderr]) stream._handle?.setBlocking?.(true)
for (const [name, value] of Object.entries(process.env)) {
  if (!name.startsWith('BERTH_KEPT_')) continue
  process.env[name.slice('BERTH_KEPT_'.length)] = value
  delete process.env[name]
}
END
cat >$out/bin/gemini <<END
#!/bin/sh
export GEMINI_CLI_NO_RELAUNCH=true
berth_root=\${0%/bin/*}
. "\$berth_root/lib/keep.sh"
keep LD_AUDIT LD_PRELOAD NODE_DEBUG NODE_ICU_DATA NODE_OPTIONS NODE_PATH NODE_REDIRECT_WARNINGS NODE_V8_COVERAGE OPENSSL_CONF
set -- --max-old-space-size-percentage=50 --require "\$berth_root/lib/gemini-start.cjs" "\$berth_root/lib/gemini/gemini.js" "\$@"
[ "\$berth_root" = $prefix ] && exec "\$berth_root/libexec/node" "\$@"
exec "\$berth_root/lib/${loader##*/}" --library-path "\$berth_root/lib" "\$berth_root/libexec/node" "\$@"
END
for name in npm npx; do
  printf '#!/bin/sh\nunset LD_PRELOAD LD_AUDIT\nexec /opt/berth/libexec/node /opt/berth/lib/npm/bin/%s-cli.js "$@"\n' $name >$out/bin/$name
done
chmod 755 $out/bin/*
chmod -R u=rwX,go=rX $out
git --version | awk '{ print $3 }' >$out/git-version
