import { join } from 'node:path'
import type { Login } from '../../domain/login.ts'
import {
  ANSWER_FILE,
  LOGIN_FILE,
  LOGIN_LOCK,
  type LoginAnswer,
  MOST_LOGIN_BYTES,
  refusalWords,
} from '../../domain/login-answer.ts'
import { loginVersion } from '../../domain/login-version.ts'
import { pause } from '../../std/abort.ts'
import { fileLock } from '../../std/file-lock.ts'
import { readPrivateFile } from '../../std/private-file.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import { askIssuer } from './ask-issuer.ts'
import { ISSUER_MS, LOCK_MS, type RefreshOrder, type RefreshWord } from './protocol.ts'

const LOOK_MS = 50
/** By these an issuer refuses a refresh token; anything else may pass. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403])

const locked = async (folder: string): Promise<Disposable> => {
  const until = performance.now() + LOCK_MS
  for (;;) {
    const lock = fileLock(join(folder, LOGIN_LOCK))
    if (lock !== undefined) return lock
    if (performance.now() > until) throw new Error('another refresh of this login does not end')
    await pause(LOOK_MS, AbortSignal.timeout(LOCK_MS))
  }
}

const parseJson = (text: string | null): unknown => {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return null
  }
}

/**
 * Whether these tokens were refreshed, or are no more. The answer before the login: the supervisor takes it away only
 * when the login has it.
 */
const isPast = ({ folder, version }: RefreshOrder): boolean => {
  const read = (file: string) => parseJson(readPrivateFile(join(folder, file), MOST_LOGIN_BYTES))
  const answer = read(ANSWER_FILE) as LoginAnswer | null
  const login = read(LOGIN_FILE) as Login | null
  return answer?.version === version || login === null || loginVersion(login) !== version
}

/** A 200 without an object, or a refusal without an error, is not the issuer's word: a proxy's, or a page's. */
const isIssuers = (status: number, body: unknown): boolean => {
  if (typeof body !== 'object' || body === null) return false
  return status === 200 || (REFUSALS.has(status) && refusalWords(body) !== '')
}

/** Refreshes a login that nobody refreshed meanwhile: under its lock, and with the answer on the disk before the last word. */
export const refreshOnce = async (order: RefreshOrder, say: (word: RefreshWord) => void): Promise<void> => {
  const { folder, version } = order
  using _ = await locked(folder)
  if (isPast(order)) {
    say('stored')
    return
  }
  say('asked')
  const { status, text } = await askIssuer(order, AbortSignal.timeout(ISSUER_MS))
  const body = parseJson(text)
  if (!isIssuers(status, body)) throw new Error(`${new URL(order.url).host} answered ${status}`)
  say('answered')
  const answer: LoginAnswer = { v: 1, version, at: new Date().toISOString(), status, body }
  await writeFileDurably(join(folder, ANSWER_FILE), `${JSON.stringify(answer)}\n`)
  say('stored')
}
