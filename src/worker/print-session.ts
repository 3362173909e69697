import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SESSION_BYTES, type WorkOrder } from '../domain/worker-protocol.ts'
import { formatBytes } from '../std/bytes.ts'
import { errorMessage } from '../std/error-message.ts'

const LIMIT_MS = 20_000
const MOST_BYTES = SESSION_BYTES / 2
const LONGEST_WORD = 500

/** Passes bytes on up to the limit, and throws there. */
async function* bounded(from: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const piece of from) {
    bytes += piece.length
    if (bytes > MOST_BYTES) throw new Error(`it printed over ${formatBytes(MOST_BYTES)}`)
    yield piece
  }
}

/**
 * Lets the order's program print the agent's session into a file of the home. It reads what the agent wrote, so its time
 * and its output are limited. Gives the reason where there is no such file; none where there is no session.
 */
export const printSession = async ({ paths, session, run }: WorkOrder, began: number): Promise<string | undefined> => {
  const isThere = session?.paths.some((path) => existsSync(join(paths.home, path))) === true
  if (session?.print === undefined || !isThere) return undefined
  const { argv, path } = session.print
  const [program, ...args] = argv
  const to = join(paths.home, path)
  try {
    mkdirSync(dirname(to), { recursive: true })
    rmSync(to, { recursive: true, force: true })
    const child = spawn(program, [...args, String(began)], {
      cwd: paths.home,
      env: { ...run?.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    let words = ''
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      if (words.length < LONGEST_WORD) words += piece
    })
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    ended.catch(() => {})
    try {
      await pipeline(child.stdout, bounded, createWriteStream(to, { flags: 'wx', mode: 0o600 }))
    } finally {
      child.kill('SIGKILL')
    }
    const code = await ended
    if (code === 0) return undefined
    throw new Error(words.trim().slice(0, LONGEST_WORD) || `it ended with exit code ${code}`)
  } catch (error) {
    rmSync(to, { recursive: true, force: true })
    return `Berth could not print the agent's session, so its log lacks what was said: ${errorMessage(error)}`
  }
}
