/**
 * The parent of a host container's process, so that its end is on record whoever is alive then: $1 the container's
 * folder, $2 the mark, then the command. It begins once only, runs the command with the mark in its environment, kills
 * what carries the mark afterwards, and writes the exit code last. It bears no mark itself.
 */
export const WRAPPER = `dir=$1 mark=$2
shift 2
mkdir "$dir/begun" 2>/dev/null || exit 0
read -r stat </proc/$$/stat && printf '%s\\n' "$stat" >"$dir/wrapper"
/bin/sh -c 'export "$1"
read -r stat </proc/$$/stat && printf "%s\\n" "$stat" >"$0/process"
shift
exec "$@"' "$dir" "$mark" "$@" </dev/null >"$dir/stdout" 2>"$dir/stderr"
code=$?
for round in 1 2 3 4 5 6 7 8 9; do
  left=$(grep -lzxFe "$mark" /proc/[0-9]*/environ 2>/dev/null)
  [ -n "$left" ] || break
  for path in $left; do
    pid=\${path#/proc/}
    kill -9 "\${pid%/environ}" 2>/dev/null
  done
done
printf '%s\\n' "$code" >"$dir/exit"`
