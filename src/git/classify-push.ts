import type { SpawnResult } from '../std/spawn.ts'
import { gitWords } from './git-words.ts'

export type PushFailure = { readonly kind: 'rejected' | 'denied' | 'unreachable'; readonly reason: string }

const DENIED =
  /Authentication failed|could not read (Username|Password)|terminal prompts disabled|Permission denied|publickey|requested URL returned error: 40[13]|not authorized|access denied|insufficient permission|HTTP Basic: Access denied|remote: Permission to /i

/** `!<tab>from:to<tab>[rejected] (fetch first)` of --porcelain: the remote was reached and said no. */
const refusal = (stdout: string) => /^!\t[^\t]*\t(.*)$/m.exec(stdout)?.[1]

/** The remote wants other credentials: it has not said no to a ref. */
export const isDenied = (result: SpawnResult): boolean =>
  result.end === 'exit' &&
  result.code !== 0 &&
  refusal(result.stdout.toString()) === undefined &&
  DENIED.test(result.stderr)

export const classifyPush = (result: SpawnResult, limitMs: number): PushFailure => {
  const words = gitWords(result, limitMs)
  const refused = refusal(result.stdout.toString())
  if (refused !== undefined) {
    const said = words === 'git said nothing' ? '' : `\n${words}`
    return { kind: 'rejected', reason: `${refused}${said}` }
  }
  return { kind: DENIED.test(result.stderr) ? 'denied' : 'unreachable', reason: words }
}
