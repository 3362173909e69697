import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import { COPY_FILE } from '../../domain/worker-protocol.ts'
import { moveIn } from '../../std/mounted-folder.ts'
import { spawn } from '../../std/spawn.ts'
import type { LaunchDeps } from '../deps.ts'

const LIMIT_MS = 10 * 60_000
const ENV = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_OPTIONAL_LOCKS: '0',
}

/** The folder's files less what its .gitignore files name; a scratch repository beside it asks, so none of its own settings run. */
const listFiles = async (folder: string, scratch: string, signal: AbortSignal): Promise<Buffer> => {
  const made = await spawn('git', ['init', '--quiet', '--bare', scratch], { env: ENV, limitMs: LIMIT_MS, signal })
  const args = [
    '--git-dir',
    scratch,
    '--work-tree',
    folder,
    '-c',
    'core.fsmonitor=false',
    '-c',
    'core.bare=false',
    'ls-files',
    '-z',
    '--others',
    '--exclude-standard',
  ]
  const listed = made.code === 0 ? await spawn('git', args, { cwd: folder, env: ENV, limitMs: LIMIT_MS, signal }) : made
  if (listed.code !== 0)
    throw new BerthError('bad-repository', `${folder}: listing its files failed: ${listed.stderr.trim()}`)
  return listed.stdout
}

/** Puts the files of a local folder, less what .gitignore names, into the exchange as one archive. */
export const copySource = async ({ plan, signal }: LaunchDeps): Promise<void> => {
  if (plan.source.kind !== 'copy') return
  const { folder } = plan.source
  const scratch = await mkdtemp(join(plan.folders.task, 'scratch-'))
  try {
    const files = await listFiles(folder, scratch, signal)
    const to = join(scratch, COPY_FILE)
    const args = ['--create', '--file', to, '--directory', folder, '--no-recursion', '--null', '--files-from', '-']
    const packed = await spawn('tar', args, { env: ENV, stdin: files, limitMs: LIMIT_MS, signal })
    if (packed.code !== 0)
      throw new BerthError('bad-repository', `${folder}: packing its files failed: ${packed.stderr.trim()}`)
    await chmod(to, 0o644)
    moveIn(plan.folders.exchange, COPY_FILE, to)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
