import { Command } from 'commander'
import { VERSION } from '../client/context.ts'
import { BUILD } from '../std/build-id.ts'
import type { Register } from './command.ts'
import { allow, deny } from './commands/allow.ts'
import { apply, checkout } from './commands/apply.ts'
import { archive, unarchive } from './commands/archive.ts'
import { attach } from './commands/attach.ts'
import { auth } from './commands/auth.ts'
import { completion } from './commands/completion.ts'
import { config } from './commands/config.ts'
import { diff } from './commands/diff.ts'
import { exec } from './commands/exec.ts'
import { fork } from './commands/fork.ts'
import { forward } from './commands/forward.ts'
import { image } from './commands/image.ts'
import { log } from './commands/log.ts'
import { ls } from './commands/ls.ts'
import { net } from './commands/net.ts'
import { pr } from './commands/pr.ts'
import { providers } from './commands/providers.ts'
import { prune } from './commands/prune.ts'
import { push } from './commands/push.ts'
import { edit, queue, withdraw } from './commands/queue.ts'
import { replay } from './commands/replay.ts'
import { result } from './commands/result.ts'
import { rm } from './commands/rm.ts'
import { run, start } from './commands/run.ts'
import { resume, send } from './commands/send.ts'
import { serve } from './commands/serve.ts'
import { session } from './commands/session.ts'
import { setup } from './commands/setup.ts'
import { shell } from './commands/shell.ts'
import { status } from './commands/status.ts'
import { stop } from './commands/stop.ts'
import { tokenDaemon } from './commands/token-daemon.ts'
import { doctor, version } from './commands/tools.ts'
import { uninstall } from './commands/uninstall.ts'
import { usage } from './commands/usage.ts'
import { wait } from './commands/wait.ts'
import type { Context } from './context.ts'

/** Every command and its other names, by the heading that `berth --help` shows it under. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, Register>>>> = {
  'Tasks:': {
    run,
    start,
    send,
    wait,
    status,
    inspect: status,
    ls,
    ps: ls,
    list: ls,
    log,
    logs: log,
    replay,
    stop,
    cancel: stop,
    kill: stop,
    resume,
    fork,
    attach,
    exec,
    shell,
    forward,
    net,
    allow,
    deny,
  },
  'Their work:': { diff, apply, checkout, result, push, pr },
  'Many tasks:': { session, queue, edit, withdraw, archive, unarchive, prune, rm, delete: rm, usage },
  'Agents and keys:': { providers, auth },
  'This machine:': { setup, doctor, config, image, completion, serve, 'token-daemon': tokenDaemon, version, uninstall },
}

const COMMANDS = new Map(
  Object.entries(GROUPS).flatMap(([heading, commands]) =>
    Object.entries(commands).map(([name, register]) => [name, { heading, register }] as const),
  ),
)

const AFTER = `
Exit codes:
  0 done             5 the engine, the image or git is missing or fails
  1 the task failed  6 no credentials, or the model or the remote refuses them
  2 wrong usage      7 the work could not be pushed (Berth keeps it)
  3 stopped          8 the time of --timeout passed
  4 died             9 detached: the task keeps running (detach keys, closed output)
                     70 a bug in Berth, or Berth cannot write its folder

Examples:
  berth run --repo . "add a changelog"
  berth start --repo https://git.example/team/app.git --branch main "fix the flaky test"
  berth ls -a

\`berth COMMAND --help\` says more, with --json for programs; \`berth doctor\` checks this machine.`

const HELP = ['help [command]', 'show the help of a command'] as const

/** Every command, ready to parse; where the first word names one, that one alone: the others only cost time. */
export const makeProgram = (context: Context, first?: string): Command => {
  const program = new Command('berth')
    .description('Runs coding agents unattended, each task in its own container: from a prompt to a pushed branch.')
    .usage('COMMAND [options]')
    .version(`berth ${VERSION} (build ${BUILD})`, '-V, --version')
    .option('--no-color', 'print no colours, with any command')
    .commandsGroup('This machine:')
    .helpCommand(...HELP)
    .addHelpText('after', AFTER)
    .configureOutput({ outputError: () => {} })
    .exitOverride()
  const named = first === undefined || first === 'completion' ? undefined : COMMANDS.get(first)
  const all = new Map([...COMMANDS.values()].map(({ heading, register }) => [register, heading]))
  for (const [register, heading] of named === undefined ? all : [[named.register, named.heading] as const]) {
    program.commandsGroup(heading)
    register(program, context)
  }
  // Its own: they would inherit the program's with its heading.
  for (const group of program.commands) if (group.commands.length > 0) group.helpCommand(...HELP)
  return program
}
