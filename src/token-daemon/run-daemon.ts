import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { ForgeToken } from '../forges/forge.ts'
import { errorMessage } from '../std/error-message.ts'
import { fileLock } from '../std/file-lock.ts'
import { redactor } from '../std/redact.ts'
import { retry } from '../std/retry.ts'
import { watchFolder } from '../std/watch-folder.ts'
import { announcer } from './announcer.ts'
import type { StartWord, TokenPlace } from './protocol.ts'
import { type LoopInput, refreshLoop } from './refresh-loop.ts'
import { secretFiles } from './secret-files.ts'

export type DaemonInput = Pick<LoopInput, 'now' | 'sleepUntil' | 'source'> & {
  readonly place: TokenPlace
  /** A line of the log; it holds no secret. */
  readonly log: (line: Readonly<Record<string, unknown>>) => void
  readonly say: (word: StartWord) => void
  /** Its reason is why the daemon ends. */
  readonly signal: AbortSignal
}

/** The first token is asked for so often before the daemon gives up. */
const FIRST_PAUSES_MS = [500, 1000, 2000] as const
const GONE = 'the task is gone'
const BLIND_MS = 10_000

const failure = (error: unknown, message: string): StartWord => {
  if (!(error instanceof BerthError)) return { kind: 'failed', code: 'internal', message }
  return { kind: 'failed', code: error.code, message, hint: error.hint }
}

/** Aborted with the signal, and when one of the task's folders is gone. */
const lifetime = ({ place, signal }: DaemonInput): Disposable & { readonly signal: AbortSignal } => {
  const gone = new AbortController()
  const check = () => {
    if (!existsSync(place.taskFolder) || !existsSync(place.folder)) gone.abort(GONE)
  }
  const watches = [place.taskFolder, place.folder].map((path) => watchFolder(dirname(path), check, BLIND_MS))
  return {
    signal: AbortSignal.any([signal, gone.signal]),
    [Symbol.dispose]: () => {
      for (const watch of watches) watch[Symbol.dispose]()
    },
  }
}

const mayPass = (error: unknown): boolean => error instanceof BerthError && error.row.retry

/** What the daemon holds: the files, and those who watch it. */
const holder = async ({ place, log: write }: DaemonInput) => {
  const files = secretFiles(place)
  let current: ForgeToken | null = null
  let mask = (text: string) => text
  const log = (line: Readonly<Record<string, unknown>>) =>
    write({ task: place.task, repository: place.repository, ...line })
  const told = await announcer(place.socket, () => ({
    kind: 'hello',
    pid: process.pid,
    token: current?.value ?? null,
    expiresAt: current?.expiresAt ?? null,
  }))
  return {
    log,
    masked: (error: unknown) => mask(errorMessage(error)),
    async put(token: ForgeToken): Promise<void> {
      mask = redactor([token.value])
      await told.ask({ kind: 'next', token: token.value })
      files.write(token)
      current = token
      told.tell({ kind: 'refreshed', expiresAt: token.expiresAt })
      log({ msg: 'token written', permissions: place.permissions, expiresAt: token.expiresAt })
    },
    failed(error: unknown): void {
      const reason = mask(errorMessage(error))
      told.tell({ kind: 'failed', reason })
      log({ level: 'warning', msg: 'token not refreshed', error: reason, expiresAt: current?.expiresAt ?? null })
    },
    end(reason: string): void {
      files.clear()
      told.tell({ kind: 'ending', reason })
      told.close()
    },
  }
}

/** From the first token to the end. Returns why it ended. */
const serve = async (input: DaemonInput): Promise<string> => {
  const { place, say, source, now, sleepUntil } = input
  secretFiles(place).make()
  using life = lifetime(input)
  const { signal } = life
  const held = await holder(input)
  const { put, failed } = held
  let reason = 'failed'
  try {
    say({ kind: 'listening' })
    const token = await retry(() => source(signal), {
      ...{ while: mayPass, delays: FIRST_PAUSES_MS, onRetry: failed, signal },
    })
    await put(token)
    say({ kind: 'ready' })
    return await refreshLoop(token, { source, put, failed, now, sleepUntil, signal })
  } catch (error) {
    if (signal.aborted) reason = String(signal.reason)
    else say(failure(error, held.masked(error)))
    return reason
  } finally {
    held.end(reason)
  }
}

/**
 * Keeps the token of one task in its folder until the signal is aborted or the task is gone; then the secrets are
 * removed. One a task: a second one says `busy` and does nothing. False where it could not get a first token, or was busy.
 */
export const runDaemon = async (input: DaemonInput): Promise<boolean> => {
  const { place, say, log } = input
  const { task, repository } = place
  if (!existsSync(place.taskFolder)) throw new BerthError('not-found', `${task}: its folder is gone`)
  using lock = fileLock(place.lock)
  if (lock === undefined) {
    say({ kind: 'busy' })
    return false
  }
  log({ msg: 'token daemon started', task, repository, pid: process.pid })
  const reason = await serve(input)
  log({ msg: 'token daemon ended', task, repository, reason })
  return reason !== 'failed'
}
