import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const BERTH = join(import.meta.dirname, '..', '..', 'bin', 'berth')

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** The built command, in a folder that is no repository. */
export const berthCommand =
  (cwd: string, env: Readonly<Record<string, string>>) =>
  async (...args: readonly string[]): Promise<Ran> => {
    const child = spawn(BERTH, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const over = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
    const [code, stdout, stderr] = await Promise.all([over, text(child.stdout), text(child.stderr)])
    return { code, stdout, stderr }
  }

export type Cli = ReturnType<typeof berthCommand>

/** What a command prints with --json. */
export const jsonOf = async <T>(cli: Cli, ...args: readonly string[]): Promise<T> => {
  const { stdout, stderr } = await cli(...args, '--json')
  try {
    return JSON.parse(stdout) as T
  } catch {
    throw new Error(`berth ${args.join(' ')}: ${stderr.trim().slice(0, 500)}`)
  }
}
