import { copyFileSync, existsSync, lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OBJECTS_FOLDER, type WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords } from '../inside/git-runner.ts'
import { giveIndex } from './commit-state.ts'
import { moveHead } from './move-head.ts'
import { readHead, readRefs } from './read-refs.ts'
import { removeLocks } from './remove-locks.ts'
import { type Scratch, scratchRepository } from './scratch-repository.ts'
import { isSha256 } from './write-repository.ts'

type Move = NonNullable<WorkOrder['move']>

/** Stands in the repository while its files change, so that a move that was killed is done again. */
const MOVING = 'berth-moving'

const takeObjects = (order: WorkOrder, repository: string) => {
  const from = join(order.paths.exchange, OBJECTS_FOLDER, 'pack')
  const to = join(repository, 'objects/pack')
  if (!lstatSync(to).isDirectory()) throw new Error(`${to} is not a folder`)
  // An index without its pack would be taken for a broken repository.
  const names = readdirSync(from).sort((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')))
  for (const name of names) if (!existsSync(join(to, name))) copyFileSync(join(from, name), join(to, name))
}

const run = async (scratch: Scratch, args: readonly string[]) => {
  const result = await scratch.git(args)
  if (result.code !== 0) throw new Error(gitWords(result))
}

/** Nothing is written where a file lies in the way, or is not as the agent left it. */
const moveFiles = async (scratch: Scratch, repository: string, { from, to }: Move) => {
  const marker = join(repository, MOVING)
  if (!existsSync(marker)) {
    const step = ['read-tree', '-m', '-u', from.files, to.files]
    rmSync(scratch.index, { force: true })
    await run(scratch, ['read-tree', from.files])
    await scratch.git(['update-index', '-q', '--refresh'])
    await run(scratch, [...step.slice(0, 2), '-n', ...step.slice(2)])
    writeFileSync(marker, '')
    await run(scratch, step)
  } else await run(scratch, ['read-tree', '--reset', '-u', to.files])
  if (to.files !== to.head) await run(scratch, ['read-tree', to.head])
}

/** Brings the agent's branch and files to what became of them. A second time it changes nothing. */
export const moveWork = async (order: WorkOrder, move: Move): Promise<void> => {
  if (order.workspace.kind !== 'clone') throw new Error('the order names no mirror')
  const { mirror } = order.workspace
  const repository = join(order.paths.work, '.git')
  if (!lstatSync(repository).isDirectory()) throw new Error(`${repository} is not a folder`)
  removeLocks(repository)
  const head = readHead(repository, readRefs(repository, ['refs/heads']))
  if (head.sha === move.to.head && !existsSync(join(repository, MOVING))) return
  if (head.sha !== move.from.head && head.sha !== move.to.head)
    throw new Error(`it is on ${head.sha ?? 'no commit'}, not on ${move.from.head}`)
  takeObjects(order, repository)
  using scratch = scratchRepository({
    order,
    repository,
    mirror,
    sha256: isSha256(mirror),
    refs: new Map<string, string>(),
    head: move.from.head,
  })
  await moveFiles(scratch, repository, move)
  if (!moveHead(repository, head, move.to.head)) throw new Error('its HEAD cannot be written')
  giveIndex(scratch, repository)
  rmSync(join(repository, MOVING), { force: true })
}
