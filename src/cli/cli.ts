import { CommanderError } from 'commander'
import { BerthError, EXIT } from '../domain/errors.ts'
import { makeContext } from './context.ts'
import { fail } from './fail.ts'
import { makeProgram } from './program.ts'
import { splitArgv } from './split-argv.ts'

/** `error: unknown option '--ref'\n(Did you mean --x?)` as one sentence. */
const words = (message: string) =>
  message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    .replaceAll('\n', ' ')

const onLostReader = (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.internal)

/** A whole command line: parsed, done, its exit code set. */
export const cli = async (): Promise<void> => {
  const { own, ...split } = splitArgv(process.argv.slice(2))
  process.stdout.on('error', onLostReader)
  process.stderr.on('error', onLostReader)
  const context = makeContext(split)
  const program = makeProgram(context, own[0])
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
