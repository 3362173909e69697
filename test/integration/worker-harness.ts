import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll } from 'vitest'
import { decodeFrame } from '../../src/domain/decode-frame.ts'
import {
  BUNDLE_FILE,
  type Frame,
  ORDER_FILE,
  type OutStream,
  TERMINAL_ADDON,
  type WorkOrder,
} from '../../src/domain/worker-protocol.ts'
import { newId } from '../../src/std/id.ts'
import { newestToolbox } from '../fixtures/newest-toolbox.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const UNSHARE = '/usr/bin/unshare'
export const AGENTS = join(import.meta.dirname, '../fixtures/agents')

/** The worker as one file, as it is shipped. */
const bundleWorker = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-worker-'))
  const outfile = join(folder, 'worker/main.cjs')
  const entry = join(import.meta.dirname, '../../src/worker/main.ts')
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
  })
  // Beside it, what it loads of a toolbox.
  const addon = join(folder, TERMINAL_ADDON)
  mkdirSync(dirname(addon))
  copyFileSync(join(newestToolbox(), TERMINAL_ADDON), addon)
  return outfile
}

let bundled: string | undefined
afterAll(() => {
  if (bundled !== undefined) rmSync(dirname(dirname(bundled)), { recursive: true, force: true })
})
export const workerFile = (): string => {
  bundled ??= bundleWorker()
  return bundled
}

type Run = NonNullable<WorkOrder['run']>
export type Berth = ReturnType<typeof makeBerth>

/** The folders of one task, with a mirror where files are given. */
export const makeBerth = (files?: Readonly<Record<string, string>> | 'empty') => {
  const folder = temporaryFolder('berth-worker-')
  const at = folder.at
  const task = newId('t')
  for (const name of ['work', 'home', 'exchange']) mkdirSync(at(name))
  const mirror = at('mirror.git')
  if (files === 'empty') git('/', ['init', '--quiet', '--bare', mirror])
  else if (files !== undefined) makeBare(mirror, files)
  const base = files === undefined || files === 'empty' ? '' : git(mirror, ['rev-parse', 'main'])
  const workspace: WorkOrder['workspace'] =
    files === undefined
      ? { kind: 'none' }
      : { kind: 'clone', mirror, base, branch: `berth/${task}`, url: 'https://git.example.invalid/a/b.git' }
  const order = (run: Partial<Run> | null, changes: Partial<WorkOrder> = {}): WorkOrder => ({
    protocol: 1,
    task,
    turn: 1,
    attempt: 1,
    paths: { work: at('work'), home: at('home'), exchange: at('exchange'), git: 'git', gitExec: gitExec() },
    identity: { name: 'Ann Other', email: 'ann@example.invalid' },
    workspace,
    keepHome: ['.cache', '.agent/sessions'],
    forward: null,
    run:
      run === null
        ? null
        : {
            argv: ['/bin/true'],
            env: { BERTH_TASK: task, AGENTS },
            cwd: at('work'),
            stdin: null,
            files: [],
            end: null,
            interrupt: { signal: 'SIGINT', graceMs: 500 },
            termGraceMs: 500,
            ...run,
          },
    limits: { turnMs: 60_000, outputBytes: 1_000_000_000 },
    finish: files === undefined ? null : { uncommitted: 'commit', message: 'Do it', trailer: `Berth-Task: ${task}` },
    ...changes,
  })
  return { folder, at, task, mirror, base, order, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

let exec: string | undefined
const gitExec = () => {
  exec ??= execFileSync('git', ['--exec-path']).toString().trim()
  return exec
}

export const putOrder = (berth: Berth, order: unknown) => {
  const path = berth.at('exchange', ORDER_FILE)
  writeFileSync(`${path}.new`, typeof order === 'string' ? order : JSON.stringify(order))
  renameSync(`${path}.new`, path)
}

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' '))
    .filter((word) => word.trim() !== '')
    .map(Number)

export type Ended = {
  readonly code: number | null
  readonly frames: readonly Frame[]
  readonly lines: readonly string[]
  readonly stderr: string
  out(stream?: OutStream): Buffer
  get<K extends Frame['k']>(kind: K): Extract<Frame, { k: K }> | undefined
}

const outOf = (frames: readonly Frame[], stream: OutStream) =>
  Buffer.concat(
    frames.flatMap((frame) => {
      if (frame.k !== 'out' || frame.s !== stream) return []
      return ['d' in frame ? Buffer.from(frame.d) : Buffer.from(frame.b, 'base64')]
    }),
  )

const toLines = (log: Buffer) =>
  log
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
const toFrames = (lines: readonly string[]) => lines.map(decodeFrame).filter((frame) => frame !== undefined)

export const ended = (code: number | null, log: Buffer, stderr: string): Ended => {
  const lines = toLines(log)
  const frames = toFrames(lines)
  return {
    code,
    frames,
    lines,
    stderr,
    out: (stream = 'o') => outOf(frames, stream),
    get: <K extends Frame['k']>(kind: K) => frames.find((frame): frame is Extract<Frame, { k: K }> => frame.k === kind),
  }
}

export type Started = {
  readonly child: ChildProcess
  /** The worker's own process, as this machine sees it. */
  pid(): number
  signal(name: NodeJS.Signals): void
  /** Resolves when a frame of this kind has come, or rejects when the worker has ended without. */
  seen(match: (frame: Frame, all: readonly Frame[]) => boolean): Promise<Frame>
  readonly end: Promise<Ended>
}

/** Starts the worker in a process namespace of its own, as a container gives it. `lazy`: its output is read by the test. */
export const startWorker = (berth: Berth, options: { readonly lazy?: boolean } = {}): Started => {
  const argv = ['-Urpf', '--kill-child', '--mount-proc', process.execPath, workerFile(), berth.at('exchange')]
  const child = spawn(UNSHARE, argv, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } })
  const chunks: Buffer[] = []
  const watchers = new Set<() => void>()
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  if (options.lazy !== true)
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      for (const watcher of watchers) watcher()
    })
  const end = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve(ended(code, Buffer.concat(chunks), stderr)))
  })
  const pid = () => {
    const [worker] = childrenOf(child.pid as number)
    if (worker === undefined) throw new Error('the worker does not run')
    return worker
  }
  return {
    child,
    pid,
    signal: (name) => process.kill(pid(), name),
    seen: (match) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const all = toFrames(toLines(Buffer.concat(chunks)))
          const frame = all.find((one) => match(one, all))
          if (frame === undefined) return
          watchers.delete(look)
          resolve(frame)
        }
        watchers.add(look)
        look()
        void end.then((result) => reject(new Error(`ended before: ${result.lines.join('\n')} ${result.stderr}`)))
      }),
    end,
  }
}

/** A whole turn. */
export const runWorker = async (berth: Berth, order: unknown): Promise<Ended> => {
  putOrder(berth, order)
  return startWorker(berth).end
}

export const sh = (script: string): Pick<Run, 'argv'> => ({ argv: ['/bin/sh', '-c', script] })

/** Takes the bundle into a repository of the test's that has what the mirror has. */
export const openBundle = (berth: Berth): { readonly folder: string; readonly refs: Record<string, string> } => {
  const folder = berth.at('taken.git')
  rmSync(folder, { recursive: true, force: true })
  git('/', ['clone', '--quiet', '--bare', berth.mirror, folder])
  const bundle = berth.at('exchange', BUNDLE_FILE)
  const refs: Record<string, string> = {}
  for (const line of git(folder, ['bundle', 'list-heads', bundle]).split('\n')) {
    const [sha = '', ref = ''] = line.split(' ')
    refs[ref] = sha
    git(folder, ['-c', 'transfer.fsckObjects=true', 'fetch', '--quiet', bundle, `${ref}:refs/taken/${ref}`])
  }
  return { folder, refs }
}
