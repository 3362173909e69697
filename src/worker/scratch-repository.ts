import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import type { RunGit } from '../inside/git-runner.ts'
import { quoteConfig } from '../std/quote-config.ts'
import { shellWord } from '../std/shell-word.ts'
import { copyIndex } from './copy-index.ts'
import { packedRefs } from './read-refs.ts'
import { refuseSpecial } from './refuse-special.ts'
import { runGit } from './run-git.ts'

type Options = {
  readonly order: WorkOrder
  /** The agent's repository: its objects are used, its configuration, hooks and attributes are not. */
  readonly repository: string
  readonly mirror: string
  readonly sha256: boolean
  readonly refs: ReadonlyMap<string, string>
  /** A commit, or null for a branch yet to be born. */
  readonly head: string | null
}

export type Scratch = {
  readonly folder: string
  readonly index: string
  readonly git: RunGit
  setRefs(refs: ReadonlyMap<string, string>, head: string | null): void
  /** Git has the objects of this folder too from now on; its path is plain ASCII. */
  borrow(objects: string): void
  [Symbol.dispose](): void
}

const isFolder = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** The agent's user is ours, so what it closed can be opened again. */
const openObjects = (objects: string) => {
  try {
    for (const name of ['.', ...readdirSync(objects)]) {
      const path = join(objects, name)
      if (isFolder(path) && !isWritable(path)) chmodSync(path, 0o755)
    }
  } catch {
    // Ours are used then.
  }
}

const isWritable = (path: string) => {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return isFolder(path)
  } catch {
    return false
  }
}

const config = (sha256: boolean, exclude: string, lfs: string | undefined) =>
  [
    '[core]',
    `\trepositoryformatversion = ${sha256 ? 1 : 0}`,
    '\tfilemode = true',
    '\tbare = false',
    '\tlogAllRefUpdates = false',
    '\thooksPath = /dev/null',
    '\tfsmonitor = false',
    '\tquotePath = false',
    // Names that the host's check of the bundle refuses are left out here, so that the rest gets through.
    '\tprotectHFS = true',
    '\tprotectNTFS = true',
    `\texcludesFile = ${JSON.stringify(exclude)}`,
    ...(sha256 ? ['[extensions]', '\tobjectFormat = sha256'] : []),
    '[diff]',
    '\tignoreSubmodules = dirty',
    ...(lfs === undefined ? [] : ['[filter "lfs"]', `\tprocess = ${quoteConfig(lfs)}`, '\trequired = true']),
    '[gc]',
    '\tauto = 0',
    '[maintenance]',
    '\tauto = false',
    '',
  ].join('\n')

/**
 * A repository of our own beside the agent's: git reads its files and objects through it, and nothing that the agent
 * may have configured. New objects go to the agent's repository, where the next turn needs them.
 */
export const scratchRepository = (options: Options): Scratch => {
  const { order, repository, mirror } = options
  refuseSpecial({ work: order.paths.work, repository, mirror })
  const folder = mkdtempSync(join(order.paths.exchange, '.finish-'))
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text)
  for (const name of ['objects/info', 'objects/pack', 'refs/heads']) mkdirSync(join(folder, name), { recursive: true })
  const { workspace } = order
  const begin = workspace.kind === 'clone' ? workspace.lfs : undefined
  const lfs = begin && [begin, ...[join(repository, 'lfs'), mirror].map(shellWord)].join(' ')
  put('config', config(options.sha256, join(repository, 'info/exclude'), lfs))
  const theirs = join(repository, 'objects')
  if (isFolder(theirs)) openObjects(theirs)
  const borrowed = [...(isFolder(theirs) ? [theirs] : []), join(mirror, 'objects')]
  put('objects/info/alternates', borrowed.map((path) => `${path}\n`).join(''))
  const index = join(folder, 'index')
  // Its stat data saves reading every file again.
  if (lstatSync(join(repository, 'index'), { throwIfNoEntry: false })?.isFile() === true)
    copyIndex(join(repository, 'index'), index)
  const setRefs: Scratch['setRefs'] = (refs, head) => {
    put('packed-refs', packedRefs(refs))
    put('HEAD', head === null ? 'ref: refs/berth/unborn\n' : `${head}\n`)
  }
  setRefs(options.refs, options.head)
  const others = [join(mirror, 'objects')]
  const writable = isWritable(theirs)
  const objects = () =>
    writable ? { GIT_OBJECT_DIRECTORY: theirs, GIT_ALTERNATE_OBJECT_DIRECTORIES: others.join(':') } : {}
  const run = runGit(order, { GIT_DIR: folder, GIT_WORK_TREE: order.paths.work, GIT_INDEX_FILE: index })
  return {
    folder,
    index,
    git: (args, options = {}) => run(args, { ...options, env: { ...objects(), ...options.env } }),
    setRefs,
    borrow(path) {
      others.push(path)
      borrowed.push(path)
      put('objects/info/alternates', borrowed.map((one) => `${one}\n`).join(''))
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
