import { closeSync, fstatSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { keptName } from '../domain/kept-ref.ts'
import { BUNDLE_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords } from '../inside/git-runner.ts'
import type { Scratch } from './scratch-repository.ts'

const isEmpty = (words: string) => words.includes('Refusing to create empty bundle')

export type Bundle = {
  readonly bytes: number | null
  readonly problem?: string
  /** Refs that are not in it, since git cannot read what they name. */
  readonly left: readonly string[]
}

type Refs = {
  /** HEAD, its branch, the uncommitted state. */
  readonly main: readonly string[]
  /** What else has commits. */
  readonly more: readonly string[]
  /** What the mirror has; `base` alone is what the task began with. */
  readonly known: readonly string[]
  readonly base: readonly string[]
  /** What each of them, and HEAD, points to. */
  readonly refs: ReadonlyMap<string, string>
  /** The commit that HEAD was before ours came on top, where the mirror has it. */
  readonly on: string | null
}

/**
 * The usual turn: one new commit, of ours, on one that the mirror has. What git would find out by walking is known then,
 * so the bundle's header is written here and git makes the pack alone: one process, not two. Undefined: it did not work.
 */
const writePlain = async (scratch: Scratch, path: string, refs: Refs): Promise<Bundle | undefined> => {
  const shas = new Set(refs.main.map((ref) => refs.refs.get(ref) ?? ''))
  const [sha = ''] = shas
  if (refs.more.length > 0 || shas.size !== 1 || refs.on === null || sha === '' || sha === refs.on) return undefined
  const version = sha.length === 64 ? ['# v3 git bundle', '@object-format=sha256'] : ['# v2 git bundle']
  const header = [...version, `-${refs.on} `, ...refs.main.map((ref) => `${sha} ${ref}`), '', '']
  rmSync(path, { recursive: true, force: true })
  const file = openSync(path, 'wx', 0o644)
  try {
    writeSync(file, header.join('\n'))
    const pack = ['pack-objects', '--quiet', '--revs', '--thin', '--delta-base-offset', '--stdout']
    const { code } = await scratch.git(pack, { input: `${sha}\n^${refs.on}\n`, into: file })
    return code === 0 ? { bytes: fstatSync(file).size, left: [] } : undefined
  } finally {
    closeSync(file)
  }
}

const MOST_TRIED = 100

/** Which of these refs git cannot read whole. Beyond the first hundred nobody looks. */
const broken = async (scratch: Scratch, more: readonly string[], known: readonly string[]) => {
  const bad: string[] = more.slice(MOST_TRIED)
  for (const ref of more.slice(0, MOST_TRIED)) {
    const { code } = await scratch.git(['rev-list', '--objects', '--quiet', ref, '--not', ...known, '--'])
    if (code !== 0) bad.push(ref)
  }
  return bad
}

/**
 * Bundles refs of the scratch repository without what the mirror has. A HEAD that some branch of the mirror has too
 * would be missing then, though it is new to the task: it goes out against the base alone. Where bundling fails, a
 * broken branch of the agent's may be the cause: it is tried without those that git cannot read.
 */
export const writeBundle = async (order: WorkOrder, scratch: Scratch, refs: Refs): Promise<Bundle> => {
  const path = join(order.paths.exchange, order.bundle ?? BUNDLE_FILE)
  const create = async (wanted: readonly string[]) => {
    const against = (known: readonly string[]) => {
      for (const name of [path, `${path}.lock`]) rmSync(name, { recursive: true, force: true })
      const input = [...wanted, ...known.map((ref) => `^${ref}`), ''].join('\n')
      return scratch.git(['bundle', 'create', '--quiet', path, '--stdin'], { input })
    }
    const result = await against(refs.known)
    const lacksHead = wanted.includes('HEAD') && (isEmpty(result.stderr) || /'HEAD' is excluded/.test(result.stderr))
    return lacksHead ? against(refs.base) : result
  }
  const plain = await writePlain(scratch, path, refs)
  if (plain !== undefined) return plain
  const all = await create([...refs.main, ...refs.more])
  if (all.code === 0) return { bytes: lstatSync(path).size, left: [] }
  if (isEmpty(all.stderr)) return { bytes: null, left: [] }
  const left = refs.more.length === 0 ? [] : await broken(scratch, refs.more, refs.known)
  const rest = [...refs.main, ...refs.more.filter((ref) => !left.includes(ref))]
  const problem = `bundled ${left.map((ref) => keptName(ref) ?? ref).join(', ')}: ${gitWords(all)}`
  if (left.length > 0 && rest.length === 0) return { bytes: null, problem, left }
  const again = left.length === 0 ? all : await create(rest)
  if (again.code === 0) return { bytes: lstatSync(path).size, problem, left }
  if (isEmpty(again.stderr)) return { bytes: null, problem, left }
  throw new Error(`bundled ${refs.main.join(', ')}: ${gitWords(again)}`)
}
