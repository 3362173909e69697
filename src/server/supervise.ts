import { closeSync, existsSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { superviseTasks } from '../app/schedule/tasks.ts'
import { useCases } from '../app/use-cases.ts'
import { keepBudget } from '../app/verbs/keep-budget.ts'
import { wire } from '../app/wire.ts'
import { BUILD } from '../std/build-id.ts'
import { errorMessage } from '../std/error-message.ts'
import { fileLock } from '../std/file-lock.ts'
import { terminalVisible } from '../std/terminal-visible.ts'
import { watchFolder } from '../std/watch-folder.ts'
import { makeApp } from './app.ts'
import { httpServer } from './http-server.ts'
import { idleWatch } from './idle.ts'
import { keepSocket } from './keep-socket.ts'
import { privateFolder } from './private-folder.ts'
import { known } from './problem.ts'
import { rotateLog } from './rotate-log.ts'
import { IDLE, shutdown } from './shutdown.ts'
import { upgradeServer } from './upgrades.ts'

const IDLE_MS = 60_000
/** So often the state folder is looked for where the kernel has no watch left. */
const FOLDER_CHECK_MS = 10_000

const LOG_BYTES = 8 * 1024 * 1024

/** Null while the log is somebody's terminal, or not known yet. */
let logFile: string | null = null
const log = (line: Readonly<Record<string, unknown>>) => {
  if (logFile !== null) rotateLog(logFile, LOG_BYTES)
  const text = `${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`
  process.stderr.write(process.stderr.isTTY ? terminalVisible(text) : text)
}

const say = (word: string) => {
  try {
    writeSync(3, `${word}\n`)
    closeSync(3)
  } catch {}
}

type Options = {
  readonly state: string
  readonly runtime: string
  readonly config: string
  readonly foreground: boolean
  /** Milliseconds without anything to do. */
  readonly 'idle-ms': string
}

const options = (): Options => {
  const { values } = parseArgs({
    options: {
      state: { type: 'string', default: '' },
      runtime: { type: 'string', default: '' },
      config: { type: 'string', default: '' },
      foreground: { type: 'boolean', default: false },
      // For tests, which would wait for a minute.
      'idle-ms': { type: 'string', default: String(IDLE_MS) },
    },
  })
  return values
}

/** The lock of the state folder; ends the process where another supervisor has it. */
const holdState = ({ state, foreground }: Options): Disposable => {
  process.umask(0o077)
  privateFolder(state)
  const lock = fileLock(join(state, 'supervisor.lock'))
  if (lock === undefined) process.exit(0)
  if (!foreground) logFile = join(state, 'supervisor.log')
  return lock
}

/** Where the socket will be. A supervisor that was killed left its own, or its half: whoever finds it would take it for one. */
const freshSocket = (runtime: string): string => {
  privateFolder(runtime)
  for (const name of readdirSync(runtime)) if (name.startsWith('supervisor.sock')) rmSync(join(runtime, name))
  return join(runtime, 'supervisor.sock')
}

/** Ends with a signal, and when the state folder has gone. */
const endWith = (state: string, end: (why: string) => Promise<void>): void => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end(signal))
  const check = () => {
    if (!existsSync(state)) void end('the state folder is gone')
  }
  // Its parent too: not every file system tells a folder's own end at once.
  for (const folder of [state, dirname(state)]) watchFolder(folder, check, FOLDER_CHECK_MS)
}

const main = async () => {
  const asked = options()
  const { state, runtime, config: configFile, foreground } = asked
  const lock = holdState(asked)
  // Behind the lock: the one before us removes its own at its end.
  const socket = freshSocket(runtime)
  const deps = wire({ state, runtime, configFile, log, dist: import.meta.dirname, env: process.env })
  const tasks = superviseTasks(deps)
  const startedAt = new Date().toISOString()
  let close = () => {}
  const end = shutdown({ deps, tasks, state, runtime, log, lock, close: () => close() })
  const idle = idleWatch({
    ms: Number(asked['idle-ms']),
    busy: () => foreground || tasks.busy(),
    end: () => void end(IDLE),
  })
  const touch = idle.hold
  tasks.onChange(idle.touch)
  tasks.onChange(keepBudget(deps, tasks).changed)
  const use = useCases(deps, tasks)
  const status = () => {
    const running = tasks.running().length
    return { build: BUILD, pid: process.pid, startedAt, state, running, pool: tasks.pool.counts() }
  }
  const endSoon = () => void setImmediate(() => void end('asked to'))
  const app = makeApp({ use, status, shutdown: endSoon, log, touch, wantsCallerContext: tasks.wantsCallerContext })
  const server = httpServer({ app, upgrade: upgradeServer({ use, touch, log }), build: BUILD, end })
  const lost = (error: unknown) => {
    const more = error === undefined ? {} : { error: String(error) }
    log({ level: 'warning', msg: 'the socket is gone', socket, ...more })
  }
  const kept = await keepSocket({ server, path: socket, lost })
  close = () => {
    kept.close()
    server.close()
    server.closeAllConnections()
  }
  tasks.recover()
  if (!foreground) say('ready')
  idle.touch()
  log({ level: 'info', msg: 'start', pid: process.pid, build: BUILD })
  endWith(state, end)
}

/** The whole program. */
export const supervise = (): void => {
  process.on('unhandledRejection', (error) =>
    log({ level: 'error', msg: 'unhandled', error: error instanceof Error ? error.stack : String(error) }),
  )
  main().catch((error: unknown) => {
    const { code, message } = known(error)
    if (!process.argv.includes('--foreground')) say(`failed ${JSON.stringify({ code, message })}`)
    log({ level: 'error', msg: 'start', error: errorMessage(error) })
    process.exit(1)
  })
}
