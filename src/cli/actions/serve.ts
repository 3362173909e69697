import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { client } from '../../client/client.ts'
import { supervisorCommand } from '../../client/start-supervisor.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Context } from '../context.ts'

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
  const { program, args, env } = supervisorCommand(context)
  const child = spawn(program, [...args, '--foreground'], { cwd: '/', stdio: ['ignore', 'inherit', 'inherit'], env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void child.kill(signal))
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
