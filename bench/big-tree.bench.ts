// A work tree of 100,000 files: the second task's against the first's, and other ways to come by it.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../src/plan/plan.ts'
import { makeTree } from './make-tree.ts'
import { record } from './ratio.ts'
import { readyRuns } from './ready-runs.ts'
import { benchHome } from './sandbox.ts'
import { checkOut, engineOverlay, overlay, sharedBlocks, type Way } from './tree-ways.ts'

const FILES = 100_000
const engine = process.env['ENGINE'] === 'podman' ? 'podman' : 'docker'
const home = benchHome()
const { folder, berth } = home
const noop = ['--engine', engine, '--agent', 'noop']

const runs = async (bare: string) => {
  process.stdout.write(`${FILES} files: `)
  const { first, later } = await readyRuns(home, [...noop, '--repo', `file://${bare}`, '--branch', 'main'])
  record('big-tree', later.ready / first.ready, 0.1)
  record('big-tree-run', later.whole / first.whole, null)
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
  await ways(bare)
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
