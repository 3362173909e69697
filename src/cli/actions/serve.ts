import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { client } from '../../client/client.ts'
import { supervisorCommand } from '../../client/start-supervisor.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Context } from '../context.ts'
import { fail } from '../fail.ts'
import { githubCheck } from '../github-check.ts'

/** A person who starts it learns now that tasks on the forge would be refused. */
const warnOfForge = async (context: Context, ended: AbortSignal): Promise<void> => {
  const { needed, unsafe } = await githubCheck(context, ended)
  if (ended.aborted) return
  for (const { ok, name, detail, fix } of [...needed, ...unsafe])
    if (!ok) context.stderr.write(`berth: warning: ${name}: ${detail}${fix === null ? '' : `\n  ${fix}`}\n`)
}

/** The supervisor as our child: the same program, folders and environment as where a command starts it. */
export const serveAction = async (context: Context): Promise<number> => {
  const running = await client(context).peek()
  if (running !== undefined)
    throw new BerthError(
      'not-allowed',
      `${context.paths.state}: a supervisor is already running (pid ${running.pid})`,
      {
        hint: `It ends when it has nothing to do. \`kill ${running.pid}\` ends it now; agents keep running.`,
      },
    )
  const ended = new AbortController()
  warnOfForge(context, ended.signal).catch((error: unknown) => fail(context, error, false))
  const { program, args, env } = supervisorCommand(context)
  const child = spawn(program, [...args, '--foreground'], { cwd: '/', stdio: ['ignore', 'inherit', 'inherit'], env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void child.kill(signal))
  return await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  }).finally(() => ended.abort())
}
