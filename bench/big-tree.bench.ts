// A work tree of 100,000 files: the second task's against the first's, shared and each its own, and other ways to come by it.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../src/plan/plan.ts'
import { makeTree } from './make-tree.ts'
import { record } from './ratio.ts'
import { readyRuns } from './ready-runs.ts'
import { benchHome } from './sandbox.ts'
import { checkOut, engineOverlay, overlay, sharedBlocks, type Way } from './tree-ways.ts'

const FILES = 100_000
/** For other ways, each of which is held against a checkout: enough to tell, and soon over. */
const WAYS_FILES = 20_000
const engine = process.env['ENGINE'] === 'podman' ? 'podman' : 'docker'
const home = benchHome()
const { folder, berth } = home
const noop = ['--engine', engine, '--agent', 'noop']

/** Each of the two on a repository that Berth has not seen: the first run fetches the mirror, and makes the tree. */
const runs = async (bare: string) => {
  const job = (path: string) => [...noop, '--repo', `file://${path}`, '--branch', 'main']
  process.stdout.write(`${FILES} files, a shared tree: `)
  const shared = await readyRuns(home, [...job(bare), '--shared-tree'])
  record('big-tree', shared.later.ready / shared.first.ready, 0.1)
  record('big-tree-run', shared.later.whole / shared.first.whole, null)
  const again = join(folder, 'again.git')
  cpSync(bare, again, { recursive: true })
  process.stdout.write('each its own: ')
  const plain = await readyRuns(home, job(again), 1)
  record('big-tree-plain', plain.later.ready / plain.first.ready, null)
  record('big-tree-shared-first', shared.first.ready / plain.first.ready, null)
}

const ways = async (bare: string) => {
  const plan = JSON.parse(await berth('run', ...noop, '--dry-run', '--json', 'nothing')) as Plan
  const place = { folder, bare }
  const plain = await checkOut(place, 'plain')
  const lower = join(folder, 'plain')
  const tell = (name: string, { ready, status }: Way) => {
    process.stdout.write(`${name}: there after ${Math.round(ready)} ms, git status ${Math.round(status)} ms\n`)
    record(`big-tree-${name}`, ready / plain.ready, null)
  }
  tell('checkout', plain)
  tell('checkout-2-workers', await checkOut(place, 'two', 2))
  const over = await overlay(place, lower)
  if (over !== undefined) tell('overlay', over)
  for (const kind of ['xfs', 'btrfs'] as const)
    for (const [name, way] of Object.entries((await sharedBlocks(place, kind, lower)) ?? {}))
      tell(`${name}-${kind}`, way)
  const ms = await engineOverlay(place, engine, { lower, image: plan.container.image })
  process.stdout.write(`an overlay by ${engine}: ${Math.round(ms)} ms more\n`)
  record(`big-tree-overlay-${engine}`, ms / plain.ready, null)
}

try {
  const bare = await makeTree(join(folder, 'tree.git'), FILES)
  await berth('run', ...noop, 'nothing')
  await runs(bare)
  rmSync(bare, { recursive: true, force: true })
  await ways(await makeTree(join(folder, 'small.git'), WAYS_FILES))
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
