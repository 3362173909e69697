import type { SpawnResult } from '../std/spawn.ts'
import { gitWords } from './git-words.ts'
import { pushHint } from './push-hint.ts'

export type PushFailure = { readonly kind: 'rejected' | 'denied' | 'unreachable'; readonly reason: string }

const DENIED =
  /Authentication failed|could not read (Username|Password)|terminal prompts disabled|Permission denied|publickey|requested URL returned error: 40[13]|not authorized|access denied|insufficient permission|HTTP Basic: Access denied|remote: Permission to /i

/** What a forge says of its rules is long, and the page that helps stands at its end. */
const MOST_OF_FORGE = 3000

/** `!<tab>from:to<tab>[rejected] (fetch first)` of --porcelain: the remote was reached and said no. */
const refusal = (stdout: string) => /^!\t[^\t]*\t(.*)$/m.exec(stdout)?.[1]

/** The remote wants other credentials: it has not said no to a ref. */
export const isDenied = (result: SpawnResult): boolean =>
  result.end === 'exit' &&
  result.code !== 0 &&
  refusal(result.stdout.toString()) === undefined &&
  DENIED.test(result.stderr)

export const classifyPush = (result: SpawnResult, limitMs: number): PushFailure => {
  const refused = refusal(result.stdout.toString())
  const words = gitWords(result, limitMs, refused === undefined ? undefined : MOST_OF_FORGE)
  if (refused !== undefined) {
    const said = words === 'git said nothing' ? '' : `\n${words}`
    const reason = `${refused}${said}`
    const hint = pushHint(reason)
    return { kind: 'rejected', reason: hint === undefined ? reason : `${reason}\n${hint}` }
  }
  return { kind: DENIED.test(result.stderr) ? 'denied' : 'unreachable', reason: words }
}
