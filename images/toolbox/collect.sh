#!/bin/sh
# Runs as root inside the agent image: gathers in /out what the toolbox takes from Debian: git, a static init, CA
# certificates and a C library of their own, so that every Linux image of this architecture can run them.
# /in/programs holds Node and opencode as npm brings them. They and git are pointed at the loader in /opt/berth/lib by an
# RPATH, which, unlike LD_LIBRARY_PATH, the children do not inherit.
set -eu
prefix=/opt/berth
out=/out
mkdir -p $out/bin $out/lib $out/libexec/git-core $out/share/git-core/templates/info $out/etc

cp /in/programs/* $out/bin/
cp /usr/bin/tini-static $out/bin/tini
cp -a /usr/lib/git-core/. $out/libexec/git-core/
cd $out/libexec/git-core
rm -f git-add--interactive git-cvs* git-daemon git-http-backend git-http-fetch git-http-push git-imap-send git-instaweb \
  git-p4 git-send-email git-shell git-svn scalar
cp /usr/share/git-core/templates/description $out/share/git-core/templates/
cp /usr/share/git-core/templates/info/exclude $out/share/git-core/templates/info/
cp -L /etc/ssl/certs/ca-certificates.crt $out/etc/ca-certificates.crt

programs=''
for file in /in/programs/*; do programs="$programs $out/bin/${file##*/}"; done
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

cat >$out/bin/git <<'END'
#!/bin/sh
export GIT_EXEC_PATH=/opt/berth/libexec/git-core GIT_TEMPLATE_DIR=/opt/berth/share/git-core/templates
[ -e /etc/ssl/certs/ca-certificates.crt ] || export GIT_SSL_CAINFO="${GIT_SSL_CAINFO:-/opt/berth/etc/ca-certificates.crt}"
exec /opt/berth/libexec/git-core/git "$@"
END
# claude finds its own code in its file, so neither interpreter nor RPATH can be changed: it runs by the machine's C
# library where there is one that can, else by ours, named on the loader's command line.
cat >$out/bin/claude <<END
#!/bin/sh
root=\${0%/bin/*}
claude=\$root/lib/claude/claude
"\$claude" --version >/dev/null 2>&1 && exec "\$claude" "\$@"
exec "\$root/lib/${loader##*/}" --argv0 claude --library-path "\$root/lib" "\$claude" "\$@"
END
# gemini ends without waiting for what it has written, so its output must block. The heap is the one it gives itself when
# it starts itself again, which it is told not to. Outside a container Node's loader is not where it looks for it.
echo 'for (const stream of [process.stdout, process.stderr]) stream._handle?.setBlocking?.(true)' >$out/lib/blocking.cjs
cat >$out/bin/gemini <<END
#!/bin/sh
export GEMINI_CLI_NO_RELAUNCH=true
root=\${0%/bin/*}
set -- --max-old-space-size-percentage=50 --require "\$root/lib/blocking.cjs" "\$root/lib/gemini/gemini.js" "\$@"
[ "\$root" = $prefix ] && exec "\$root/bin/node" "\$@"
exec "\$root/lib/${loader##*/}" --library-path "\$root/lib" "\$root/bin/node" "\$@"
END
for name in npm npx; do
  printf '#!/bin/sh\nexec /opt/berth/bin/node /opt/berth/lib/npm/bin/%s-cli.js "$@"\n' $name >$out/bin/$name
done
chmod 755 $out/bin/*
chmod -R u=rwX,go=rX $out
git --version | awk '{ print $3 }' >$out/git-version
