import { BerthError } from '../domain/errors.ts'
import { suggest } from '../std/suggest.ts'
import type { Exec } from './exec.ts'
import type { ResolvedRef, SeenRefs } from './git.ts'
import { redactUrls } from './git-words.ts'
import { listRefs, type RemoteRefs } from './list-refs.ts'
import { refsDigest } from './seen-refs.ts'

const HEADS = 'refs/heads/'
const MOST_NAMED = 10
const short = (ref: string | null) => (ref?.startsWith(HEADS) ? ref.slice(HEADS.length) : null)
const isSha = (text: string) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)

/** A branch goes before a tag of the same name, as in `git clone --branch`. */
const candidates = (ref: string) =>
  ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/${ref}`]

const nearest = (wanted: string, names: readonly string[]): readonly string[] => {
  const first = suggest(wanted, names)
  const second =
    first === undefined
      ? undefined
      : suggest(
          wanted,
          names.filter((name) => name !== first),
        )
  return [first, second].filter((name) => name !== undefined)
}

const notFound = async (exec: Exec, url: string, ref: string, signal?: AbortSignal): Promise<BerthError> => {
  const all = await listRefs(exec, url, 'branches-and-tags', signal).catch(() => undefined)
  signal?.throwIfAborted()
  const names = [...(all?.refs.keys() ?? [])]
    .filter((name) => !name.endsWith('^{}'))
    .map((name) => name.replace(/^refs\/(heads|tags)\//, ''))
  const near = nearest(ref.replace(/^refs\/(heads|tags)\//, ''), names)
  const reason =
    all !== undefined && names.length === 0
      ? 'the repository is empty'
      : /^[0-9a-f]{4,39}$/.test(ref)
        ? 'no branch or tag has this name, and a commit needs all its 40 letters'
        : 'no branch or tag has this name'
  const instead = near.length === 0 ? '' : `; nearest: ${near.join(', ')}`
  return new BerthError('ref-not-found', `looked for ${ref} in ${redactUrls(url)}: ${reason}${instead}`)
}

const headOf = async (exec: Exec, url: string, found: RemoteRefs, signal?: AbortSignal): Promise<ResolvedRef> => {
  const sha = found.refs.get('HEAD')
  const branch = short(found.head)
  if (sha !== undefined) return { sha, ref: found.head, branch, defaultBranch: branch }
  const all = await listRefs(exec, url, 'branches-and-tags', signal)
  if (all.refs.size === 0) return { sha: '', ref: found.head, branch, defaultBranch: branch }
  const names = [...all.refs.keys()].flatMap((name) => short(name) ?? []).slice(0, MOST_NAMED)
  throw new BerthError('ref-not-found', `looked for HEAD in ${redactUrls(url)}: it names no existing branch`, {
    hint: names.length === 0 ? 'Name a tag with --ref.' : `Name a branch with --branch: ${names.join(', ')}.`,
  })
}

const seenOf = ({ refs, head }: RemoteRefs): SeenRefs => ({
  heads: [...refs.keys()].flatMap((name) => short(name) ?? []),
  digest: refsDigest(refs),
  head: head !== null && refs.has(head) ? head : null,
})

export const resolve = async (
  exec: Exec,
  url: string,
  ref: string | null,
  { signal, seen }: { readonly signal?: AbortSignal; readonly seen?: (refs: SeenRefs) => void } = {},
): Promise<ResolvedRef> => {
  const names = ref === null || ref === 'HEAD' ? [] : candidates(ref)
  // The remote names all of them anyway: git picks those that are asked for when it has the list.
  const all = seen === undefined ? [] : ['refs/heads/*', 'refs/tags/*']
  const found = await listRefs(exec, url, ['HEAD', ...all, ...names.flatMap((name) => [name, `${name}^{}`])], signal)
  seen?.(seenOf(found))
  if (ref === null || ref === 'HEAD') return headOf(exec, url, found, signal)
  const defaultBranch = short(found.head)
  const name = names.find((candidate) => found.refs.has(candidate))
  if (name !== undefined) {
    const sha = found.refs.get(`${name}^{}`) ?? found.refs.get(name) ?? ''
    return { sha, ref: name, branch: short(name), defaultBranch }
  }
  if (isSha(ref)) return { sha: ref, ref: null, branch: null, defaultBranch }
  throw await notFound(exec, url, ref, signal)
}
