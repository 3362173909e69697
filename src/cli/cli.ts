import { CommanderError } from 'commander'
import { BerthError, EXIT } from '../domain/errors.ts'
import { makeContext } from './context.ts'
import { fail } from './fail.ts'
import { grammarOf } from './grammar-of.ts'
import { makeProgram } from './program.ts'
import { splitArgv } from './split-argv.ts'

/** `error: unknown option '--ref'\n(Did you mean --x?)` as one sentence. */
const words = (message: string) =>
  message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    .replaceAll('\n', ' ')

/** A whole command line: parsed, done, its exit code set. */
export const cli = async (): Promise<void> => {
  const argv = process.argv.slice(2)
  const context = makeContext()
  // Where the command has done its work at once, its exit code is known then.
  process.stdout.on('error', () => setImmediate(() => process.exit(context.unread())))
  // What nobody reads of what is said beside is no reason to end.
  process.stderr.on('error', () => {})
  const program = makeProgram(
    context,
    argv.find((word) => !word.startsWith('-')),
  )
  const { own, colour, ...split } = splitArgv(argv, grammarOf(program, argv))
  context.read(split, colour)
  try {
    await program.parseAsync([...own], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help that was not asked for: the command was not whole.
    if (error.code === 'commander.help') process.exitCode = own.includes('help') ? EXIT.done : EXIT.usage
    else if (error.exitCode === 0) process.exitCode = EXIT.done
    else process.exitCode = fail(context, new BerthError('usage', words(error.message)), own.includes('--json'))
  }
}
