import type { SpawnResult } from '../std/spawn.ts'
import { gitWords } from './git-words.ts'
import { pushHint } from './push-hint.ts'

export type PushFailure = { readonly kind: 'rejected' | 'denied' | 'unreachable'; readonly reason: string }

const DENIED =
  /Authentication failed|could not read (Username|Password)|terminal prompts disabled|Permission denied|publickey|requested URL returned error: 40[13]|not authorized|access denied|insufficient permission|HTTP Basic: Access denied|remote: Permission to /i

/** What a forge says of its rules is long, and the page that helps stands at its end. */
const MOST_OF_FORGE = 3000

/**
 * Why the remote did not take a ref; undefined: it has not said no to one. `!<tab>from:to<tab>[rejected] (fetch first)` of
 * --porcelain.
 */
export const pushRefusal = ({ stdout }: Pick<SpawnResult, 'stdout'>): string | undefined =>
  /^!\t[^\t]*\t(.*)$/m.exec(stdout.toString())?.[1]

/** The remote wants other credentials: it has not said no to a ref. */
export const isDenied = (result: SpawnResult): boolean =>
  result.end === 'exit' && result.code !== 0 && pushRefusal(result) === undefined && DENIED.test(result.stderr)

export const classifyPush = (result: SpawnResult, limitMs: number): PushFailure => {
  const refused = pushRefusal(result)
  const words = gitWords(result, limitMs, refused === undefined ? undefined : MOST_OF_FORGE)
  if (refused !== undefined) {
    const said = words === 'git said nothing' ? '' : `\n${words}`
    const reason = `${refused}${said}`
    const hint = pushHint(reason)
    return { kind: 'rejected', reason: hint === undefined ? reason : `${reason}\n${hint}` }
  }
  return { kind: DENIED.test(result.stderr) ? 'denied' : 'unreachable', reason: words }
}
