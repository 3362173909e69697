import type { Command } from 'commander'

const flags = (command: Command): string =>
  command.options
    .filter((option) => !option.hidden && option.long)
    .map((option) => option.long)
    .join(' ')

/** What bash runs to complete `berth`: made from the commands as they are registered; ids are asked for when needed. */
export const completionScript = (program: Command): string => {
  const names = program.commands.flatMap((command) => [command.name(), ...command.aliases()])
  const cases = program.commands.map(
    (command) => `      ${[command.name(), ...command.aliases()].join('|')}) words='${flags(command)} --help' ;;`,
  )
  const ofTasks = program.commands.filter((command) => command.registeredArguments[0]?.name() === 'id')
  const groups = program.commands
    .filter((command) => command.commands.length > 0)
    .map((command) => `      ${command.name()}) words='${command.commands.map((one) => one.name()).join(' ')}' ;;`)
  const lines = [
    '_berth() {',
    `  local cur="\${COMP_WORDS[COMP_CWORD]}" words=`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words='${names.join(' ')} help'`,
    `  elif [ "\${cur#-}" != "$cur" ]; then`,
    `    case "\${COMP_WORDS[1]}" in`,
    ...cases,
    '    esac',
    '  else',
    `    case "\${COMP_WORDS[1]}" in`,
    `      ${ofTasks.map((command) => command.name()).join('|')}) words="$("\${COMP_WORDS[0]}" ls -aq 2>/dev/null)" ;;`,
    ...groups,
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    'complete -o default -F _berth berth',
  ]
  return `${lines.join('\n')}\n`
}
