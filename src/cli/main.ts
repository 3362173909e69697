import { Command, CommanderError } from 'commander'
import { EXIT } from '../domain/errors.ts'
import { diff } from './commands/diff.ts'
import { log } from './commands/log.ts'
import { ls } from './commands/ls.ts'
import { push } from './commands/push.ts'
import { rm } from './commands/rm.ts'
import { run, start } from './commands/run.ts'
import { status } from './commands/status.ts'
import { stop } from './commands/stop.ts'
import { config, config, doctor, doctor, image, image, version, version } from './commands/tools.ts'
import { wait } from './commands/wait.ts'
import { BUILD, makeContext } from './context.ts'
import { splitArgv } from './split-argv.ts'

const COMMANDS = [run, start, wait, status, ls, log, stop, diff, push, rm, doctor, config, image, version]

const main = async () => {
  const { own, ...split } = splitArgv(process.argv.slice(2))
  const context = makeContext(split)
  const program = new Command('berth')
    .description('Runs coding agents unattended, each task in its own container: from a prompt to a pushed branch.')
    .version(`berth ${BUILD}`, '-V, --version')
    .showSuggestionAfterError()
    .exitOverride()
  for (const register of COMMANDS) register(program, context)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.internal))
  try {
    await program.parseAsync([...own], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage
  }
}

await main()
