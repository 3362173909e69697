import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CloneWorkspace } from '../domain/worker-protocol.ts'
import { quoteConfig } from '../std/quote-config.ts'
import { packedRefs, readRefs, readRegular } from './read-refs.ts'

/** Stands in the repository until its files are checked out, so that a checkout that was killed is done again. */
export const UNFINISHED = 'berth-unfinished'

export const isSha256 = (mirror: string): boolean =>
  /objectformat\s*=\s*sha256/i.test(readRegular(join(mirror, 'config'), 65_536) ?? '')

/** The commit that the branch begins at. */
export const beginOf = ({ base, fork }: CloneWorkspace): string => fork?.head ?? base

const config = (clone: CloneWorkspace, worktree: string | undefined): string => {
  const sha256 = isSha256(clone.mirror)
  return [
    '[core]',
    `\trepositoryformatversion = ${sha256 ? 1 : 0}`,
    '\tfilemode = true',
    '\tbare = false',
    '\tlogallrefupdates = true',
    ...(worktree === undefined ? [] : [`\tworktree = ${quoteConfig(worktree)}`]),
    ...(sha256 ? ['[extensions]', '\tobjectformat = sha256'] : []),
    '[remote "origin"]',
    `\turl = ${quoteConfig(clone.url)}`,
    '\tfetch = +refs/heads/*:refs/remotes/origin/*',
    '',
  ].join('\n')
}

/** With a depth, as in `git clone --depth`: the branch of the task alone, as it was when the task began. */
const remoteRefs = ({ mirror, depth, base, branch }: CloneWorkspace): Map<string, string> => {
  const refs = new Map<string, string>()
  for (const [ref, sha] of readRefs(mirror, ['refs/heads', 'refs/tags'])) {
    const name = ref.replace(/^refs\/heads\//, 'refs/remotes/origin/')
    if (depth === undefined) refs.set(name, sha)
    else if (ref === `refs/heads/${branch}` && base !== '') refs.set(name, base)
  }
  return refs
}

/**
 * The repository as `git clone --shared --no-checkout` makes it, as files: a clone costs three processes. `worktree`: where
 * its files lie, if that is not the folder around it.
 */
export const writeRepository = (clone: CloneWorkspace, git: string, worktree?: string): void => {
  const fresh = `${git}.berth-new`
  rmSync(fresh, { recursive: true, force: true })
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info', 'hooks'])
    mkdirSync(join(fresh, folder), { recursive: true })
  const put = (name: string, text: string) => writeFileSync(join(fresh, name), text)
  const refs = remoteRefs(clone)
  const begin = beginOf(clone)
  if (begin !== '' && clone.branch !== '') refs.set(`refs/heads/${clone.branch}`, begin)
  put('config', config(clone, worktree))
  put('HEAD', clone.branch === '' && begin !== '' ? `${begin}\n` : `ref: refs/heads/${clone.branch || 'main'}\n`)
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
