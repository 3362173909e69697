# For the scripts that start a program of the toolbox: `keep NAME...` hides variables of the image from it. The program
# has them back for its commands: restore.so, or gemini-start.cjs, renames BERTH_KEPT_NAME.
keep() {
  for berth_name in "$@"; do
    eval "berth_value=\${$berth_name-}"
    [ -n "$berth_value" ] || continue
    export "BERTH_KEPT_$berth_name=$berth_value"
    unset "$berth_name"
    berth_kept=yes
  done
}
berth_kept=no
