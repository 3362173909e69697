import type { Command } from 'commander'
import { BerthError } from '../domain/errors.ts'
import { didYouMean } from '../std/suggest.ts'

/** The command that the words name, with its path; the program itself without words. Throws for an unknown command. */
export const helpTopic = (program: Command, words: readonly string[]): readonly [Command, string] => {
  let command = program
  let path = program.name()
  for (const word of words) {
    // What follows are arguments.
    if (command.commands.length === 0) break
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word))
    if (next === undefined) {
      const known = command.commands.flatMap((one) => [one.name(), ...one.aliases()])
      throw new BerthError('usage', `unknown command '${word}'${didYouMean(word, known)}`)
    }
    command = next
    path = `${path} ${next.name()}`
  }
  return [command, path]
}
