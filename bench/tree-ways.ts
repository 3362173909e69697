import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { timed } from './ratio.ts'
import { run } from './sandbox.ts'

/** A way to a second work tree: milliseconds until it is there, and until git has looked through it for changes. */
export type Way = { readonly ready: number; readonly status: number }

type Place = {
  /** Holds all that is made here. */
  readonly folder: string
  readonly bare: string
}

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const tried = (file: string, ...args: readonly string[]): boolean => spawnSync(file, args).status === 0

/** What git says is changed; a tree that is the commit's says nothing. */
const look = async (tree: string): Promise<void> => {
  const changes = await run('git', ['-C', tree, '-c', 'safe.directory=*', 'status', '--porcelain'])
  if (changes !== '') throw new Error(`${tree} is not as it was committed: ${changes.slice(0, 200)}`)
}

const done = async (ready: number, tree: string): Promise<Way> => ({ ready, status: await timed(() => look(tree)) })

/** As the worker does it: a repository that borrows all objects, one git that writes the files and the index. */
export const checkOut = async ({ bare, folder }: Place, name: string, workers = 1): Promise<Way> => {
  const tree = join(folder, name)
  await run('git', ['clone', '--quiet', '--shared', '--no-checkout', bare, tree])
  const read = ['-c', `checkout.workers=${workers}`, 'read-tree', '--reset', '-u', 'HEAD']
  return done(await timed(() => run('git', ['-C', tree, ...read])), tree)
}

/** A layer of its own over a tree that is shared and never written. Needs the right to mount. */
export const overlay = async ({ folder }: Place, lower: string): Promise<Way | undefined> => {
  const [upper, work, tree] = ['upper', 'work', 'over'].map((name) => join(folder, name)) as [string, string, string]
  for (const path of [upper, work, tree]) mkdirSync(path)
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
  try {
    if (!tried('mount', '-t', 'overlay', 'overlay', '-o', options, tree)) return undefined
    tried('umount', tree)
    const ready = await timed(() => run('mount', ['-t', 'overlay', 'overlay', '-o', options, tree]))
    return await done(ready, tree)
  } finally {
    tried('umount', tree)
  }
}

const MAKE: Readonly<Record<string, readonly string[]>> = {
  btrfs: ['mkfs.btrfs', '--quiet'],
  xfs: ['mkfs.xfs', '-q'],
}

/** Copies that share their blocks until they are written, and btrfs's snapshot, on a file system of their own in a file. */
export const sharedBlocks = async (
  { folder }: Place,
  kind: 'btrfs' | 'xfs',
  lower: string,
): Promise<Readonly<Record<string, Way>> | undefined> => {
  const [program = '', ...flags] = MAKE[kind] ?? []
  if (!has(program)) return undefined
  const [image, root] = [join(folder, `${kind}.img`), join(folder, kind)]
  mkdirSync(root)
  await run('truncate', ['--size', '4G', image])
  try {
    if (!tried(program, ...flags, image) || !tried('mount', '-o', 'loop', image, root)) return undefined
    const [shared, copy, snapshot] = ['shared', 'copy', 'snapshot'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ]
    const volumes = kind === 'btrfs' && tried('btrfs', 'subvolume', 'create', shared)
    cpSync(lower, shared, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
    await run('git', ['-C', shared, 'update-index', '-q', '--refresh'])
    const ready = await timed(() => run('cp', ['--archive', '--reflink=always', shared, copy]))
    const ways = { reflink: await done(ready, copy) }
    if (!volumes) return ways
    const taken = await timed(() => run('btrfs', ['subvolume', 'snapshot', shared, snapshot]))
    return { ...ways, snapshot: await done(taken, snapshot) }
  } finally {
    tried('umount', root)
    rmSync(image, { force: true })
  }
}

/** A volume that the engine mounts over the shared tree when the container starts, and takes away at its end. */
const volume = (engine: 'docker' | 'podman', lower: string, own: string): readonly string[] => {
  const [upper, work] = [join(own, 'upper'), join(own, 'work')]
  for (const path of [upper, work]) mkdirSync(path, { recursive: true })
  if (engine === 'podman') return ['--volume', `${lower}:/work:O,upperdir=${upper},workdir=${work}`]
  const overlay = 'volume-driver=local,volume-opt=type=overlay,volume-opt=device=overlay'
  const layers = `"volume-opt=o=lowerdir=${lower},upperdir=${upper},workdir=${work}"`
  return ['--mount', `type=volume,destination=/work,${overlay},${layers}`]
}

/** How much longer a container takes to start and end that has the tree as a layer of its own over the shared one. */
export const engineOverlay = async (
  { folder }: Place,
  engine: 'docker' | 'podman',
  { lower, image }: { readonly lower: string; readonly image: string },
): Promise<number> => {
  const start = (mount: readonly string[], file: string) =>
    timed(() => run(engine, ['run', '--rm', '--network', 'none', ...mount, image, 'test', '-e', file]))
  const plain: number[] = []
  const layered: number[] = []
  for (let round = 0; round < 4; round += 1) {
    plain.push(await start([], '/'))
    layered.push(await start(volume(engine, lower, join(folder, `${engine}-${round}`)), '/work/src/0/0.txt'))
  }
  return Math.max(0, Math.min(...layered) - Math.min(...plain))
}
