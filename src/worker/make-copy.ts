import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COPY_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords } from '../inside/git-runner.ts'
import { giveIndex } from './commit-state.ts'
import { readRegular } from './read-refs.ts'
import { scratchRepository } from './scratch-repository.ts'
import { unpackTar } from './unpack-tar.ts'

/** Stands in the work folder while it is filled, so that a copy that was killed is made again. */
const UNFINISHED = '.berth-unfinished'
const TREE_FILE = 'berth-tree'

/** Where the files as they came are remembered: outside the work folder, which shall get no .git, and across turns. */
export const baselineFolder = (order: WorkOrder) => join(order.paths.home, '.cache/berth/baseline.git')

export const baselineTree = (order: WorkOrder): string | undefined =>
  readRegular(join(baselineFolder(order), TREE_FILE))?.trim()

/** Git over the remembered files. No attribute changes a byte on the way into the patch, which is to fit the files. */
export const baselineScratch = (order: WorkOrder) => {
  const repository = baselineFolder(order)
  const refs = new Map<string, string>()
  const scratch = scratchRepository({ order, repository, mirror: repository, sha256: false, refs, head: null })
  mkdirSync(join(scratch.folder, 'info'), { recursive: true })
  writeFileSync(join(scratch.folder, 'info/attributes'), '* -text -ident -filter !working-tree-encoding !eol\n')
  return scratch
}

const remember = async (order: WorkOrder, files: string) => {
  const repository = baselineFolder(order)
  rmSync(repository, { recursive: true, force: true })
  for (const name of ['objects/info', 'objects/pack']) mkdirSync(join(repository, name), { recursive: true })
  using scratch = baselineScratch(order)
  const env = { GIT_WORK_TREE: files }
  // What was copied counts, though a .gitignore may name it.
  const add = await scratch.git(['-C', files, 'add', '--all', '--force', '--ignore-errors', '--', '.'], { env })
  const tree = await scratch.git(['write-tree'])
  if (tree.code !== 0) throw new Error(`remembered the copied files: ${gitWords(add.code === 0 ? tree : add)}`)
  giveIndex(scratch, repository)
  writeFileSync(join(repository, TREE_FILE), tree.stdout)
}

/** Unpacks the copied folder into a work folder that is empty, and remembers it for the patch. */
export const makeCopy = async (order: WorkOrder, signal: AbortSignal): Promise<void> => {
  const { work, exchange } = order.paths
  const archive = join(exchange, COPY_FILE)
  mkdirSync(work, { recursive: true })
  const entries = readdirSync(work)
  const fresh = entries.length === 0 || entries.includes(UNFINISHED)
  if (fresh) {
    writeFileSync(join(work, UNFINISHED), '')
    await unpackTar(archive, work, signal)
    rmSync(join(work, UNFINISHED))
    await remember(order, work)
    return
  }
  if (baselineTree(order) !== undefined || !existsSync(archive)) return
  // The agent lost it: its own changes must not count as what was there.
  const aside = mkdtempSync(join(exchange, '.copy-'))
  try {
    await unpackTar(archive, aside, signal)
    await remember(order, aside)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}
