import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ORDER_FILE } from '../src/domain/worker-protocol.ts'
import { engineCommand } from '../src/plan/engine-command.ts'
import type { Plan } from '../src/plan/plan.ts'

const ROOT = join(import.meta.dirname, '..')
export const BERTH = join(ROOT, 'bin', 'berth')

/** Runs a program to its end; an exit code other than 0 ends the benchmark. */
export const run = (
  file: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString()
    })
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString()
    })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0
        ? resolve(out)
        : reject(new Error(`${file} ${args.join(' ')}: exit ${code}\n${err}${out.slice(-2000)}`)),
    )
  })

/** The default settings: sandboxes may wait for further tasks. */
export const SPARES = { spares: true }

/**
 * A state folder for the benchmark, and the way out of it. Every task gets a container of its own unless `spares` or
 * --pool says otherwise. `callerEnv`: further variables of the caller's.
 */
export const benchHome = (callerEnv: Readonly<Record<string, string>> = {}, { spares } = { spares: false }) => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-bench-'))
  const env: Record<string, string> & { readonly BERTH_HOME: string } = {
    BERTH_HOME: join(folder, 'home'),
    HOME: folder,
    GIT_AUTHOR_NAME: 'Bench',
    GIT_AUTHOR_EMAIL: 'bench@localhost',
    ...(spares ? {} : { BERTH_POOL: '0' }),
    ...callerEnv,
  }
  const berth = (...args: readonly string[]) => run(BERTH, args, { env, cwd: folder })
  const close = async () => {
    const { tasks } = JSON.parse(await berth('ls', '-a', '--json')) as { tasks: { id: string }[] }
    if (tasks.length > 0) await berth('rm', '--force', ...tasks.map((task) => task.id))
    rmSync(folder, { recursive: true, force: true })
  }
  return { folder, env, berth, close }
}

/**
 * The same container as Berth's, by the engine's own command line, with its order there already. Each call has folders
 * and a name of its own.
 */
export const plainSandbox = (plan: Plan, folder: string) => {
  const { argv } = engineCommand(plan)
  let count = 0
  return async () => {
    count += 1
    const own = join(folder, `plain-${count}`)
    const moved = [plan.folders.workspace, plan.folders.home, plan.folders.exchange, plan.folders.socket].map(
      (from, i) => [from, join(own, String(i))] as const,
    )
    for (const [, to] of moved) {
      mkdirSync(to, { recursive: true })
      chmodSync(to, 0o777)
    }
    writeFileSync(join(own, '2', ORDER_FILE), JSON.stringify(plan.order))
    const words = argv.map((word) => {
      if (word === plan.container.name) return `berth-bench-${process.pid}-${count}`
      const found = moved.find(([from]) => word.includes(`source=${from},`))
      return found === undefined ? word : word.replace(found[0], found[1])
    })
    const at = words.indexOf('run') + 1
    await run(words[0] ?? '', [...words.slice(1, at), '--rm', ...words.slice(at)])
  }
}
