import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { packedRefs, readRefs, readRegular } from './read-refs.ts'
import { gitWords, runGit } from './run-git.ts'

type Clone = Extract<WorkOrder['workspace'], { kind: 'clone' }>

/** Stands in the repository until its files are checked out, so that a checkout that was killed is done again. */
const UNFINISHED = 'berth-unfinished'

export const isSha256 = (mirror: string): boolean =>
  /objectformat\s*=\s*sha256/i.test(readRegular(join(mirror, 'config'), 65_536) ?? '')

const quote = (text: string) => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`

const config = (clone: Clone): string => {
  const sha256 = isSha256(clone.mirror)
  return [
    '[core]',
    `\trepositoryformatversion = ${sha256 ? 1 : 0}`,
    '\tfilemode = true',
    '\tbare = false',
    '\tlogallrefupdates = true',
    ...(sha256 ? ['[extensions]', '\tobjectformat = sha256'] : []),
    '[remote "origin"]',
    `\turl = ${quote(clone.url)}`,
    '\tfetch = +refs/heads/*:refs/remotes/origin/*',
    '',
  ].join('\n')
}

const remoteRefs = (mirror: string): Map<string, string> => {
  const refs = new Map<string, string>()
  for (const [ref, sha] of readRefs(mirror, ['refs/heads', 'refs/tags'])) {
    refs.set(ref.replace(/^refs\/heads\//, 'refs/remotes/origin/'), sha)
  }
  return refs
}

/** The repository as `git clone --shared --no-checkout` makes it, as files: a clone costs three processes. */
const writeRepository = (clone: Clone, git: string) => {
  const fresh = `${git}.berth-new`
  rmSync(fresh, { recursive: true, force: true })
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info', 'hooks'])
    mkdirSync(join(fresh, folder), { recursive: true })
  const put = (name: string, text: string) => writeFileSync(join(fresh, name), text)
  const refs = remoteRefs(clone.mirror)
  if (clone.base !== '' && clone.branch !== '') refs.set(`refs/heads/${clone.branch}`, clone.base)
  put('config', config(clone))
  put(
    'HEAD',
    clone.branch === '' && clone.base !== '' ? `${clone.base}\n` : `ref: refs/heads/${clone.branch || 'main'}\n`,
  )
  put('objects/info/alternates', `${join(clone.mirror, 'objects')}\n`)
  put('packed-refs', packedRefs(refs))
  put('info/exclude', '')
  const main = /^ref: refs\/heads\/(\S+)/.exec(readRegular(join(clone.mirror, 'HEAD')) ?? '')?.[1]
  if (main !== undefined && refs.has(`refs/remotes/origin/${main}`)) {
    mkdirSync(join(fresh, 'refs/remotes/origin'), { recursive: true })
    put('refs/remotes/origin/HEAD', `ref: refs/remotes/origin/${main}\n`)
  }
  put(UNFINISHED, '')
  renameSync(fresh, git)
}

/** Fills a work folder that has no checkout yet. Throws with git's words. */
export const makeCheckout = async (order: WorkOrder, clone: Clone, signal: AbortSignal): Promise<void> => {
  const git = join(order.paths.work, '.git')
  const there = lstatSync(git, { throwIfNoEntry: false }) !== undefined
  if (there && !existsSync(join(git, UNFINISHED))) return
  if (!existsSync(join(clone.mirror, 'objects')))
    throw new Error(`cloned ${clone.mirror} into ${order.paths.work}: there is no repository`)
  mkdirSync(order.paths.work, { recursive: true })
  if (there) rmSync(git, { recursive: true, force: true })
  writeRepository(clone, git)
  if (clone.base !== '') {
    const run = runGit(order, { GIT_DIR: git, GIT_WORK_TREE: order.paths.work }, signal)
    const result = await run(['-c', 'core.hooksPath=/dev/null', 'read-tree', '--reset', '-u', clone.base])
    if (result.code !== 0) throw new Error(`checked out ${clone.base} in ${order.paths.work}: ${gitWords(result)}`)
  }
  rmSync(join(git, UNFINISHED))
}
