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

const asksHelp = (own: readonly string[]): boolean => own[0] === 'help' || own.includes('--help') || own.includes('-h')

/** A whole command line: parsed, done, its exit code set. */
export const cli = async (): Promise<void> => {
  const argv = process.argv.slice(2)
  const context = makeContext()
  // Where the command has done its work at once, its exit code is known then.
  process.stdout.on('error', () => setImmediate(() => process.exit(context.unread())))
  // What nobody reads of what is said beside is no reason to end.
  process.stderr.on('error', () => {})
  const first = argv.find((word) => !word.startsWith('-'))
  const program = makeProgram(context, first)
  const { own, colour, ...split } = splitArgv(argv, grammarOf(program, argv))
  context.read(split, colour)
  if (asksHelp(own) && own.includes('--json')) {
    const { helpJson } = await import('./help-json.ts')
    const words = own.filter((word) => !word.startsWith('-') && word !== 'help')
    context.stdout.write(`${JSON.stringify(helpJson(program, words))}\n`)
    return
  }
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
