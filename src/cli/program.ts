import { Command } from 'commander'
import { apply, checkout } from './commands/apply.ts'
import { archive, unarchive } from './commands/archive.ts'
import { auth } from './commands/auth.ts'
import { completion } from './commands/completion.ts'
import { diff } from './commands/diff.ts'
import { exec } from './commands/exec.ts'
import { fork } from './commands/fork.ts'
import { log } from './commands/log.ts'
import { ls } from './commands/ls.ts'
import { providers } from './commands/providers.ts'
import { prune } from './commands/prune.ts'
import { push } from './commands/push.ts'
import { edit, queue, withdraw } from './commands/queue.ts'
import { rm } from './commands/rm.ts'
import { run, start } from './commands/run.ts'
import { resume, send } from './commands/send.ts'
import { serve } from './commands/serve.ts'
import { status } from './commands/status.ts'
import { stop } from './commands/stop.ts'
import { config, doctor, image, version } from './commands/tools.ts'
import { usage } from './commands/usage.ts'
import { wait } from './commands/wait.ts'
import { BUILD, type Context } from './context.ts'

const COMMANDS = {
  run,
  start,
  wait,
  status,
  inspect: status,
  ls,
  ps: ls,
  list: ls,
  log,
  logs: log,
  send,
  queue,
  edit,
  withdraw,
  resume,
  fork,
  exec,
  stop,
  cancel: stop,
  kill: stop,
  diff,
  apply,
  checkout,
  push,
  archive,
  unarchive,
  prune,
  rm,
  delete: rm,
  usage,
  providers,
  doctor,
  auth,
  config,
  image,
  completion,
  serve,
  version,
} as const

const AFTER = `
Exit codes:
  0 done             5 the engine, the image or git is missing or refuses
  1 the task failed  6 no credentials, or the model or the remote refuses them
  2 wrong usage      7 the work could not be pushed (it is kept)
  3 stopped          8 waited too long
  4 died             9 detached: nobody reads the output any more, and the task goes on
                     70 a fault of Berth, or its folder can't be written

Examples:
  berth run --repo . "add a changelog"
  berth start --repo https://git.example/team/app.git --branch main "fix the flaky test"
  berth ls -a

\`berth COMMAND --help\` says more; \`berth doctor\` checks this machine.`

/** Every command, ready to parse; where the first word names one, that one alone: the others only cost time. */
export const makeProgram = (context: Context, first?: string): Command => {
  const program = new Command('berth')
    .description('Runs coding agents unattended, each task in its own container: from a prompt to a pushed branch.')
    .usage('COMMAND [options]')
    .version(`berth ${BUILD}`, '-V, --version')
    .option('--no-color', 'no colours, with any command')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', AFTER)
    .configureOutput({ outputError: () => {} })
    .exitOverride()
  const named =
    first !== undefined && first !== 'completion' && Object.hasOwn(COMMANDS, first)
      ? [COMMANDS[first as keyof typeof COMMANDS]]
      : Object.values(COMMANDS)
  for (const register of new Set(named)) register(program, context)
  return program
}
