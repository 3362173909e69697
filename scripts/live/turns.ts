import { join } from 'node:path'
import type { LaunchOptions } from '../../src/library/options.ts'
import { type Cli, jsonOf } from './cli.ts'
import type { Credential } from './credentials.ts'
import type { SecretBook } from './secrets.ts'

export type Live = {
  readonly cli: Cli
  readonly secrets: SecretBook
  readonly credential: Credential
}

export type Turn = {
  readonly outcome: { readonly result: string; readonly class: string; readonly reason: string }
  /** What the CLI printed. */
  readonly raw: string
}

const PROMPT = 'Answer with the single word ready. Use no tools.'

const loginOf = ({ kind, name }: Credential): string => (kind === 'login' ? name : 'none')

const flagsOf = ({ credential }: Live): readonly string[] => [
  ...['--agent', credential.agent, '--login', loginOf(credential), '--no-repo', '--push', 'none'],
  ...['--rate-limit', 'fail', '--turn-timeout', '5m'],
]

/** The address of the model, as Berth would ask it. */
export const upstreamOf = async (live: Live): Promise<string> => {
  const { model } = await jsonOf<{ readonly model: { readonly upstream: string } | null }>(
    live.cli,
    ...['start', '--dry-run', ...flagsOf(live), PROMPT],
  )
  if (model === null) throw new Error('its plan has no model')
  return model.upstream
}

/** The end of a task. The task is removed. */
const ended = async (cli: Cli, id: string): Promise<Turn> => {
  try {
    await cli('wait', id)
    const { outcome } = await jsonOf<Pick<Turn, 'outcome'>>(cli, 'status', id)
    return { outcome, raw: (await cli('log', '--raw', id)).stdout }
  } finally {
    await cli('rm', '--force', id)
  }
}

/** One small turn by the command. */
export const commandTurn = async (live: Live): Promise<Turn> => {
  const { stdout, stderr } = await live.cli('start', ...flagsOf(live), PROMPT)
  if (stdout.trim() === '') throw new Error(stderr.trim())
  return await ended(live.cli, stdout.trim())
}

/** One small turn by the library, its model at this address. */
export const libraryTurn = async ({ cli, credential }: Live, baseUrl: string): Promise<Turn> => {
  const { berth } = (await import(
    join(import.meta.dirname, '../../dist/index.js')
  )) as typeof import('../../src/index.ts')
  await using b = await berth()
  const options: LaunchOptions = {
    ...{ agent: credential.agent, login: loginOf(credential), prompt: PROMPT, baseUrl },
    ...{ push: 'none', rateLimit: 'fail', turnTimeout: '5m' },
  }
  const task = await b.launch(options)
  return await ended(cli, task.id)
}
