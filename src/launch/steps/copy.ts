import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import { COPY_FILE } from '../../domain/worker-protocol.ts'
import { moveIn } from '../../std/mounted-folder.ts'
import { spawn } from '../../std/spawn.ts'
import type { LaunchDeps } from '../deps.ts'
import { listSource } from './list-source.ts'

const LIMIT_MS = 10 * 60_000
const ENV = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/nonexistent' }

/** Puts the files of a local folder, less what .gitignore names, into the exchange as one archive. */
export const copySource = async ({ plan, signal }: LaunchDeps): Promise<void> => {
  if (plan.source.kind !== 'copy') return
  const { folder } = plan.source
  const scratch = await mkdtemp(join(plan.folders.task, 'scratch-'))
  try {
    const files = await listSource({ folder, scratch, signal })
    const to = join(scratch, COPY_FILE)
    const args = ['--create', '--file', to, '--directory', folder, '--no-recursion', '--null', '--files-from', '-']
    const stdin = Buffer.from(files.map((path) => `${path}\0`).join(''), 'latin1')
    const packed = await spawn('tar', args, { env: ENV, stdin, limitMs: LIMIT_MS, signal })
    if (packed.code !== 0)
      throw new BerthError('bad-repository', `${folder}: tar could not pack its files: ${packed.stderr.trim()}`)
    await chmod(to, 0o644)
    moveIn(plan.folders.exchange, COPY_FILE, to)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
