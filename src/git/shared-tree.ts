import { existsSync, statSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { trashPath } from '../domain/task-paths.ts'
import { faultPoint } from '../std/fault-point.ts'
import { removeTree } from '../std/remove-tree.ts'
import { spawn } from '../std/spawn.ts'
import { bareRepository } from './bare-repository.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git } from './git.ts'
import { gitWords } from './git-words.ts'
import { restatIndex } from './restat-index.ts'

type Input = Parameters<Git['tree']>[0]

const ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
const PINS = 'pins'

const limited = (signal: AbortSignal | undefined) => ({ limitMs: LIMIT.push, ...(signal && { signal }) })

/** Trees lie in the state folder as `trees/MIRROR/COMMIT-UID-GID`; what is unfinished or goes lies beside, and is swept at a start. */
const aside = (folder: string): Promise<string> => mkdtemp(trashPath(dirname(dirname(dirname(folder))), 'tree-'))

const failed = ({ sha, mirror }: Input, doing: string, words: string) =>
  new BerthError(
    words.includes('No space left') ? 'disk-full' : 'bad-repository',
    `checked out ${sha.slice(0, 12)} of ${mirror} for a shared tree, ${doing}: ${words}`,
  )

/** The supervisor's own files are for nobody else; these are as a checkout of the owner's would have left them. */
const giveAway = async (input: Input, tree: string): Promise<void> => {
  const { owner, signal } = input
  const calls = [['chmod', '-R', 'u=rwX,go=rX', tree]]
  if (owner !== null) calls.push(['chown', '-hR', `${owner.uid}:${owner.gid}`, tree])
  for (const [program = '', ...args] of calls) {
    const ended = await spawn(program, args, { env: ENV, ...limited(signal) })
    signal?.throwIfAborted()
    if (!succeeded(ended)) throw failed(input, program, ended.error ?? ended.stderr.trim())
  }
}

const checkOut = async (local: Exec, input: Input, made: string): Promise<void> => {
  const { mirror, sha, signal } = input
  const [git, tree] = [join(made, 'git'), join(made, 'tree')]
  bareRepository(git, { sha, borrowFrom: mirror })
  await mkdir(tree)
  const place = ['-c', 'core.bare=false', '--git-dir', git, '--work-tree', tree]
  const read = await local([...place, 'read-tree', '--reset', '-u', sha], { cwd: tree, ...limited(signal) })
  if (!succeeded(read)) throw failed(input, 'read-tree', gitWords(read, LIMIT.push))
  await giveAway(input, tree)
  const index = await restatIndex(await readFile(join(git, 'index')), tree, sha.length === 64 ? 'sha256' : 'sha1')
  await writeFile(join(made, 'index'), index)
  await chmod(join(made, 'index'), 0o644)
  await mkdir(join(made, PINS))
  await removeTree(git)
}

const pinsOf = (folder: string): Promise<readonly string[]> => readdir(join(folder, PINS)).catch(() => [])

/** Out of the way at once; its files go behind that, and at the next start where this process ends before. */
const drop = async (folder: string): Promise<{ readonly gone: Promise<void> }> => {
  const trash = await aside(folder)
  await rename(folder, join(trash, 'tree'))
  await rmdir(dirname(folder)).catch(() => {})
  const gone = removeTree(trash)
  gone.catch(() => {})
  return { gone }
}

const madeAt = (folder: string): number => statSync(join(folder, 'index'), { throwIfNoEntry: false })?.mtimeMs ?? 0

/** Of a mirror's trees the newest stays for a next task; of the others, those that a task leans on. */
const dropOld = async (mirrors: string): Promise<void> => {
  const all = (await readdir(mirrors).catch(() => [])).map((name) => join(mirrors, name))
  const newest = Math.max(...all.map(madeAt))
  for (const folder of all) if (madeAt(folder) < newest && (await pinsOf(folder)).length === 0) await drop(folder)
}

const make = async (local: Exec, input: Input): Promise<void> => {
  const { folder } = input
  const made = await aside(folder)
  try {
    await checkOut(local, input, made)
    faultPoint('tree.made')
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
    await rename(made, folder)
  } catch (error) {
    await removeTree(made).catch(() => {})
    throw error
  }
}

/** The caller holds the lock of the mirror's trees. */
export const sharedTree = async (local: Exec, input: Input): Promise<void> => {
  const { folder, pin } = input
  if (!existsSync(folder)) await make(local, input)
  await writeFile(join(folder, PINS, pin), '')
  await dropOld(dirname(folder))
}

export const unpinTree = async (folder: string, pin: string): Promise<void> => {
  await rm(join(folder, PINS, pin), { force: true })
  await dropOld(dirname(folder))
}

export const dropTree = async (folder: string, counts: (pin: string) => boolean): Promise<void> => {
  if ((await pinsOf(folder)).some(counts)) throw new BerthError('not-allowed', `${folder}: a task uses it again`)
  const { gone } = await drop(folder)
  await gone
}
