import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BUNDLE_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords } from './run-git.ts'
import type { Scratch } from './scratch-repository.ts'

const isEmpty = (words: string) => words.includes('Refusing to create empty bundle')

export type Bundle = { readonly bytes: number | null; readonly problem?: string }

/**
 * Bundles refs of the scratch repository without what the mirror has. Where that fails, a broken branch of the agent's
 * may be the cause: HEAD and the uncommitted state are tried alone.
 */
export const writeBundle = async (
  order: WorkOrder,
  scratch: Scratch,
  refs: { readonly main: readonly string[]; readonly more: readonly string[]; readonly known: readonly string[] },
): Promise<Bundle> => {
  const path = join(order.paths.exchange, BUNDLE_FILE)
  for (const name of [path, `${path}.lock`]) rmSync(name, { recursive: true, force: true })
  const create = (wanted: readonly string[]) =>
    scratch.git(['bundle', 'create', '--quiet', path, '--stdin'], {
      input: [...wanted, ...refs.known.map((ref) => `^${ref}`), ''].join('\n'),
    })
  const all = await create([...refs.main, ...refs.more])
  if (all.code === 0) return { bytes: lstatSync(path).size }
  if (isEmpty(all.stderr)) return { bytes: null }
  const problem = `bundled the branches ${refs.more.join(', ')}: ${gitWords(all)}`
  const main = refs.more.length === 0 || refs.main.length === 0 ? all : await create(refs.main)
  if (main.code === 0) return { bytes: lstatSync(path).size, problem }
  if (isEmpty(main.stderr)) return { bytes: null, problem }
  throw new Error(`bundled ${refs.main.join(', ')}: ${gitWords(main)}`)
}
