import { closeSync, existsSync, readdirSync, rmSync, watch, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { getRequestListener } from '@hono/node-server'
import { superviseTasks } from '../app/schedule/tasks.ts'
import { useCases } from '../app/use-cases.ts'
import { keepBudget } from '../app/verbs/keep-budget.ts'
import { wire } from '../app/wire.ts'
import { errorMessage } from '../std/error-message.ts'
import { fileLock } from '../std/file-lock.ts'
import { terminalVisible } from '../std/terminal-visible.ts'
import { makeApp } from './app.ts'
import { execServer } from './exec.ts'
import { idleWatch } from './idle.ts'
import { keepSocket } from './keep-socket.ts'
import { privateFolder } from './private-folder.ts'
import { known } from './problem.ts'
import { rotateLog } from './rotate-log.ts'

declare const __BERTH_BUILD__: string | undefined
const BUILD = typeof __BERTH_BUILD__ === 'undefined' ? 'dev' : __BERTH_BUILD__
const IDLE_MS = 60_000
const IDLE = 'idle'

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

const main = async () => {
  const { values } = parseArgs({
    options: {
      state: { type: 'string' },
      runtime: { type: 'string' },
      config: { type: 'string' },
      foreground: { type: 'boolean', default: false },
    },
  })
  const state = values.state ?? ''
  const runtime = values.runtime ?? ''
  process.umask(0o077)
  privateFolder(state)
  const lock = fileLock(join(state, 'supervisor.lock'))
  if (lock === undefined) process.exit(0)
  if (!values.foreground) logFile = join(state, 'supervisor.log')
  // Behind the lock: the one before us removes its own at its end.
  privateFolder(runtime)
  const socket = join(runtime, 'supervisor.sock')
  // One that was killed left it, or its half: who finds it would take it for a supervisor.
  for (const name of readdirSync(runtime)) if (name.startsWith('supervisor.sock')) rmSync(join(runtime, name))
  const deps = wire({
    state,
    runtime,
    configFile: values.config ?? '',
    log,
    dist: import.meta.dirname,
    env: process.env,
  })
  const tasks = superviseTasks(deps)
  const startedAt = new Date().toISOString()

  let ending = false
  const end = async (why: string) => {
    if (ending) return
    ending = true
    log({ level: 'info', msg: 'end', why })
    kept.close()
    server.close()
    server.closeAllConnections()
    try {
      await tasks.leave()
      if (!existsSync(state)) await tasks.abandon()
      if (why === IDLE) await deps.egress.retire()
      if (existsSync(state)) await deps.store[Symbol.asyncDispose]()
      if (why === IDLE || !existsSync(state)) rmSync(runtime, { recursive: true, force: true })
    } catch (error) {
      log({ level: 'error', msg: 'end', error: String(error) })
    }
    lock[Symbol.dispose]()
    process.exit(0)
  }
  const idle = idleWatch({
    ms: IDLE_MS,
    busy: () => values.foreground || tasks.busy(),
    end: () => void end(IDLE),
  })
  tasks.onChange(idle.touch)
  const budget = keepBudget(deps, tasks)
  tasks.onChange(budget.changed)
  const use = useCases(deps, tasks)
  const app = makeApp({
    use,
    status: () => {
      const running = tasks.running().length
      return { build: BUILD, pid: process.pid, startedAt, state, running, pool: tasks.pool.counts() }
    },
    shutdown: () => void setImmediate(() => void end('asked to')),
    log,
    touch: idle.hold,
    wantsWorld: tasks.wantsWorld,
  })
  const listener = getRequestListener(app.fetch)
  const server = createServer((request, response) => {
    const build = request.headers['x-berth-build']
    if (build === undefined || build === '*' || build === BUILD) return void listener(request, response)
    response.writeHead(426).end()
    void end(`a CLI of build ${build} takes over`)
  })
  server.on('upgrade', execServer({ use, touch: idle.hold, log }))
  server.requestTimeout = 0
  server.keepAliveTimeout = 60_000
  const lost = (error: unknown) =>
    log({
      level: 'warning',
      msg: 'the socket is gone',
      socket,
      ...(error === undefined ? {} : { error: String(error) }),
    })
  const kept = await keepSocket({ server, path: socket, lost })
  tasks.recover()
  if (!values.foreground) say('ready')
  idle.touch()
  log({ level: 'info', msg: 'start', pid: process.pid, build: BUILD })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end(signal))
  // Its parent too: not every file system tells a folder's own end at once.
  for (const folder of [state, dirname(state)]) {
    watch(folder, () => {
      if (!existsSync(state)) void end('the state folder is gone')
    }).on('error', () => void end('the state folder is gone'))
  }
}

process.on('unhandledRejection', (error) =>
  log({ level: 'error', msg: 'unhandled', error: error instanceof Error ? error.stack : String(error) }),
)
main().catch((error: unknown) => {
  const { code, message } = known(error)
  if (!process.argv.includes('--foreground')) say(`failed ${JSON.stringify({ code, message })}`)
  log({ level: 'error', msg: 'start', error: errorMessage(error) })
  process.exit(1)
})
