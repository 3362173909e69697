import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BerthError, type ErrorCode } from '../domain/errors.ts'
import { noSpace } from '../std/no-space.ts'
import type { ClientContext } from './context.ts'
import { SUPERVISOR_VARIABLES } from './supervisor-variables.ts'

const LIMIT_MS = 15_000
/** So long another one may take to come up, or to end: it writes down first what its tasks were about. */
const OTHER_MS = 60_000
const AGAIN_MS = 400
const LOOK_MS = 20
/**
 * What it reads and passes on is soon garbage: a small young generation keeps it from growing with that. When it has
 * nothing to do, one collection is enough: a second one frees nothing.
 */
const NODE_FLAGS = ['--max-semi-space-size=4', '--memory-reducer-gc-count=1', '--disable-sigusr1']
/** Each thread of Node would keep a part of the C library's memory for itself. */
const MALLOC = { MALLOC_ARENA_MAX: '2' }
const CLEAN = [
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'TZ',
  'XDG_RUNTIME_DIR',
  'XDG_CACHE_HOME',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'NO_PROXY',
  'no_proxy',
  'BERTH_INSTALL_DIR',
  'BERTH_FAULT',
  'BERTH_CLOCK',
]

const openLog = (context: ClientContext): number => {
  try {
    mkdirSync(context.paths.state, { recursive: true, mode: 0o700 })
    return openSync(join(context.paths.state, 'supervisor.log'), 'a', 0o600)
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    if (noSpace(cause))
      throw new BerthError('disk-full', `${context.paths.state}: no space left on the disk`, { cause })
    throw new BerthError('state-not-writable', `${context.paths.state}: cannot write there (${cause.code})`, { cause })
  }
}

const lastWords = (context: ClientContext) => {
  try {
    return readFileSync(join(context.paths.state, 'supervisor.log'), 'utf8').trimEnd().split('\n').slice(-3).join('\n')
  } catch {
    return ''
  }
}

/** The program that serves the state folder, and its own, clean environment. */
export const supervisorCommand = (context: ClientContext) => {
  const { state, runtime, configFile, entry } = context.paths
  const env = Object.fromEntries(
    [...CLEAN, ...SUPERVISOR_VARIABLES].flatMap((name) =>
      context.env[name] === undefined ? [] : [[name, context.env[name]]],
    ),
  )
  return {
    program: context.node,
    args: [...NODE_FLAGS, entry, '--state', state, '--runtime', runtime, '--config', configFile],
    env: { ...env, ...MALLOC, PATH: context.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin' },
  }
}

/** Starts a supervisor: true when it serves the state folder, false where another has its lock. */
const startOne = async (context: ClientContext): Promise<boolean> => {
  const log = openLog(context)
  const { program, args, env } = supervisorCommand(context)
  const child = spawn(program, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
    env,
  })
  closeSync(log)
  const ready = child.stdio[3]
  let code: number | null | undefined
  const word = await new Promise<string>((resolve) => {
    child.once('exit', (exit) => {
      code = exit
      // What it said before is still on its way.
      setTimeout(() => resolve(''), 50)
    })
    child.once('error', () => resolve(''))
    ready?.once('data', (data: Buffer) => resolve(data.toString()))
    setTimeout(() => resolve(''), LIMIT_MS).unref()
  })
  child.unref()
  ;(ready as { destroy?: () => void } | null)?.destroy?.()
  if (word.startsWith('ready')) return true
  if (word.startsWith('failed ')) {
    const refusal = JSON.parse(word.slice(7)) as { code: ErrorCode; message: string }
    throw new BerthError(refusal.code, `${context.paths.state}: the supervisor could not start: ${refusal.message}`)
  }
  if (code !== 0) throw new BerthError('supervisor-unreachable', `the supervisor did not start\n${lastWords(context)}`)
  return false
}

/** A socket's file is no proof: one that was killed leaves it behind. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** Resolves when a supervisor serves the state folder: one that is started here, or another that was quicker. */
export const startSupervisor = async (context: ClientContext): Promise<void> => {
  for (const begun = Date.now(); Date.now() - begun < OTHER_MS; ) {
    if (await startOne(context)) return
    // The other is on its way up, and answers soon, or on its way out, and leaves the lock to the next.
    for (let waited = 0; waited < AGAIN_MS; waited += LOOK_MS) {
      if (await answers(context.paths.socket)) return
      await sleep(LOOK_MS)
    }
  }
  throw new BerthError(
    'supervisor-unreachable',
    `${context.paths.state}: another supervisor holds its lock and does not answer`,
  )
}
