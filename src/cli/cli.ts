import { CommanderError } from 'commander'
import { BerthError, EXIT } from '../domain/errors.ts'
import { act } from './command.ts'
import { type Context, makeContext } from './context.ts'
import { fail } from './fail.ts'
import { grammarOf } from './grammar-of.ts'
import { helpTopic } from './help-topic.ts'
import { makeProgram } from './program.ts'
import { splitArgv } from './split-argv.ts'

/** `error: unknown option '--ref'\n(Did you mean --x?)` as one sentence. */
const words = (message: string) =>
  message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    .replaceAll('\n', ' ')

const asksHelp = (own: readonly string[]): boolean => own[0] === 'help' || own.includes('--help') || own.includes('-h')

/** Prints what is wrong with the command line; throws any other error again. */
const exitCodeOf = (context: Context, error: unknown, own: readonly string[]): number => {
  const json = own.includes('--json')
  if (error instanceof BerthError) return fail(context, error, json)
  if (!(error instanceof CommanderError)) throw error
  // Help that was not asked for: the command was not whole.
  if (error.code === 'commander.help') return own.includes('help') ? EXIT.done : EXIT.usage
  return error.exitCode === 0 ? EXIT.done : fail(context, new BerthError('usage', words(error.message)), json)
}

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
  const topic = own.filter((word) => !word.startsWith('-') && word !== 'help')
  if (asksHelp(own) && own.includes('--json'))
    return await act(context, true, async () => {
      const { helpJson } = await import('./help-json.ts')
      context.stdout.write(`${JSON.stringify(helpJson(program, topic))}\n`)
      return EXIT.done
    })
  try {
    if (asksHelp(own)) {
      const [command] = helpTopic(program, topic)
      if (own[0] === 'help') return command.outputHelp()
    }
    await program.parseAsync([...own], { from: 'user' })
  } catch (error) {
    process.exitCode = exitCodeOf(context, error, own)
  }
}
