import type { Command } from 'commander'
import { makeContext } from '../../src/cli/context.ts'
import { makeProgram } from '../../src/cli/program.ts'

const WIDTH = 100

/** A command's help as `--help` prints it. */
export const helpOf = (command: Command): string => {
  let text = ''
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return text.trim()
}

const section = (command: Command, path: string): string => {
  const own = `## ${path}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``
  return [own, ...command.commands.map((child) => section(child, `${path} ${child.name()}`))].join('\n\n')
}

/** The commands as `berth --help` groups them: a line for each group, with links. */
const contents = (program: Command): string => {
  const groups = Map.groupBy(program.commands, (command) => command.helpGroup())
  const links = (commands: readonly Command[]) =>
    commands.map((command) => `[\`${command.name()}\`](#berth-${command.name()})`).join(', ')
  return [...groups].map(([heading, commands]) => `- **${heading}** ${links(commands)}`).join('\n')
}

/** Every registered command, its options and its examples. */
export const cliReference = (): string => {
  const program = makeProgram(makeContext())
  return [contents(program), ...program.commands.map((command) => section(command, `berth ${command.name()}`))].join(
    '\n\n',
  )
}
