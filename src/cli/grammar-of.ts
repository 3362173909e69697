import type { Command } from 'commander'
import type { Grammar } from './split-argv.ts'

const named = (group: Command, word: string | undefined): Command | undefined =>
  group.commands.find((one) => one.name() === word || one.aliases().includes(word ?? ''))

const PULL: ReadonlySet<string> = new Set(['missing', 'always', 'never'])

/** How the words of a command line are read: by the options of the command that it names. */
export const grammarOf = (program: Command, argv: readonly string[]): Grammar => {
  const words = argv.filter((word) => !word.startsWith('-'))
  const outer = named(program, words[0])
  const inner = outer === undefined ? undefined : named(outer, words[1])
  const command = inner ?? outer ?? program
  return {
    alone: (option, next) => (option === '--container-pull' && !PULL.has(next ?? '') ? 'always' : undefined),
    takesNext: (word) =>
      command.options.some((option) => option.required && (option.long === word || option.short === word)),
    // The command's own name, the id, and then what runs there.
    before: ['exec', 'shell'].includes(command.name()) ? 2 : null,
  }
}
