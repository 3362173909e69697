/** Asks berth itself what could stand where the cursor is, so that each shell knows what this version knows. */
const BASH = `_berth() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" completion --words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _berth berth
`

const ZSH = `#compdef berth
_berth() {
  local line
  local -a values shown
  while IFS= read -r line; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  }")
  done < <("\${words[1]}" completion --words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#values )); then
    compadd -l -d shown -a values
  else
    _files
  fi
}
# As a file of fpath this is the body of _berth itself; else it is read once, by eval.
if [[ "\${funcstack[1]}" = _berth ]]; then
  _berth "$@"
else
  compdef _berth berth
fi
`

const FISH = `function __berth_complete
  set -l words (commandline -xpc 2>/dev/null; or commandline -opc)
  set -l found ($words[1] completion --words -- $words[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c berth -f -a '(__berth_complete)'
`

export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH }
