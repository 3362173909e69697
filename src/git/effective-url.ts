import type { Exec } from './exec.ts'
import { LIMIT, succeeded } from './exec.ts'

/** What the caller's configuration of git says of a remote. */
export type RemoteConfig = {
  /** Prefixes that git replaces, with what stands for them. */
  readonly instead: readonly (readonly [from: string, to: string])[]
  readonly pushInstead: readonly (readonly [from: string, to: string])[]
  readonly sshCommand: string | undefined
}

const parse = (text: string): RemoteConfig => {
  const rows = text.split('\0').flatMap((row) => {
    const at = row.indexOf('\n')
    return at < 0 ? [] : [[row.slice(0, at), row.slice(at + 1)] as const]
  })
  const replacing = (end: string) =>
    rows.flatMap(([key, from]) =>
      key.startsWith('url.') && key.endsWith(`.${end}`) ? [[from, key.slice(4, -end.length - 1)] as const] : [],
    )
  return {
    instead: replacing('insteadof'),
    pushInstead: replacing('pushinsteadof'),
    sshCommand: rows.findLast(([key]) => key === 'core.sshcommand')?.[1],
  }
}

export const remoteConfig = async (exec: Exec, signal?: AbortSignal): Promise<RemoteConfig> => {
  const args = ['config', '--null', '--get-regexp', '^(url\\..*\\.(push)?insteadof|core\\.sshcommand)$']
  const result = await exec(args, { limitMs: LIMIT.ask, ...(signal && { signal }) })
  return parse(succeeded(result) ? result.stdout.toString() : '')
}

/** The URL that git connects to in place of this one: it takes the longest prefix. */
export const effectiveUrl = ({ instead, pushInstead }: RemoteConfig, url: string, isPush: boolean): string => {
  const longest = (rows: RemoteConfig['instead']) =>
    rows.filter(([from]) => url.startsWith(from)).toSorted(([one], [other]) => other.length - one.length)[0]
  const found = (isPush ? longest(pushInstead) : undefined) ?? longest(instead)
  return found === undefined ? url : `${found[1]}${url.slice(found[0].length)}`
}
