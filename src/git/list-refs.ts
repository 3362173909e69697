import { type Exec, LIMIT, succeeded } from './exec.ts'
import { redactUrls } from './git-words.ts'
import { sourceError } from './source-error.ts'

export type RemoteRefs = {
  /** Full ref name -> object; a tag's commit stands under `refs/tags/x^{}`. */
  readonly refs: ReadonlyMap<string, string>
  /** Where the remote's HEAD points to. */
  readonly head: string | null
}

const parse = (text: string): RemoteRefs => {
  const refs = new Map<string, string>()
  let head: string | null = null
  for (const line of text.split('\n')) {
    const [left, name] = line.split('\t')
    if (left === undefined || name === undefined) continue
    if (!left.startsWith('ref: ')) refs.set(name, left)
    else if (name === 'HEAD') head = left.slice('ref: '.length)
  }
  return { refs, head }
}

/** Asks a remote for its refs: those that end in one of `patterns`, or all branches and tags. BerthError repository-unreachable, repository-unreadable. */
export const listRefs = async (
  exec: Exec,
  url: string,
  patterns: readonly string[] | 'branches-and-tags',
  signal?: AbortSignal,
): Promise<RemoteRefs> => {
  const what = patterns === 'branches-and-tags' ? ['--heads', '--tags', '--', url] : ['--', url, ...patterns]
  const options = { limitMs: LIMIT.ask, maxBytes: 256 * 1024 * 1024, ...(signal && { signal }) }
  const result = await exec(['ls-remote', '--symref', ...what], options)
  if (succeeded(result)) return parse(result.stdout.toString())
  throw sourceError(url, `asked ${redactUrls(url)} for its branches`, result, LIMIT.ask)
}
