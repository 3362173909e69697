import { probeForge } from '../app/wire.ts'
import { BerthError } from '../domain/errors.ts'
import { formatDuration } from '../std/duration.ts'
import { errorMessage } from '../std/error-message.ts'
import type { Check } from './check.ts'
import type { Context } from './context.ts'

const NAME = 'GitHub'
const LIMIT_MS = 15_000
/** An App signs with a time half a minute back, so that a clock may be so far ahead. */
const MOST_AHEAD_MS = 20_000

type Probe = NonNullable<ReturnType<typeof probeForge>>
type Identity = Awaited<ReturnType<Probe['identity']>>

/** Of a command its program alone: an argument may be a secret. */
const openReference = (reference: string) =>
  reference.startsWith('command:') ? reference.split(/\s/, 1).join('') : reference

const shown = ({ access, host }: Probe, name: string): string =>
  access.kind === 'app'
    ? `App ${name} (${access.app.appId}) at ${host}`
    : `token of ${name} at ${host}, from ${openReference(access.reference)}`

const clockCheck = (identity: Identity): readonly Check[] => {
  const ahead = identity?.clockAhead ?? 0
  if (Math.abs(ahead) <= MOST_AHEAD_MS) return []
  const off = `${formatDuration(Math.round(Math.abs(ahead) / 1000) * 1000)} ${ahead > 0 ? 'ahead of' : 'behind'}`
  return [
    {
      name: 'clock',
      ok: false,
      detail: `the clock of this machine is ${off} the clock of GitHub`,
      fix: 'Set the clock: `timedatectl set-ntp true`. GitHub refuses an App whose clock is wrong.',
    },
  ]
}

const answerOf = async (probe: Probe, signal: AbortSignal): Promise<readonly [Check, ...Check[]]> => {
  try {
    const identity = await probe.identity()
    const detail = shown(probe, identity?.name ?? 'a workflow')
    const installations = (identity?.warnings ?? []).map((warning) => {
      return { name: `${NAME} App`, ok: false, detail: warning, fix: null }
    })
    return [{ name: NAME, ok: true, detail, fix: null }, ...clockCheck(identity), ...installations]
  } catch (error) {
    const detail = signal.aborted ? `no answer in ${LIMIT_MS / 1000} s` : errorMessage(error)
    const fix = error instanceof BerthError ? error.hint : 'Check the network, the proxy and github.api-url.'
    return [{ name: NAME, ok: false, detail, fix }]
  }
}

/**
 * The forge of the settings: whether it takes Berth's credentials, and what is unsafe about them. Nothing to tell where
 * there are none, or where they do not fit together, which the check of the configuration tells.
 */
export const githubCheck = async (
  context: Context,
  ended?: AbortSignal,
): Promise<{ readonly needed: readonly Check[]; readonly unsafe: readonly Check[] }> => {
  const limit = AbortSignal.timeout(LIMIT_MS)
  const signal = ended === undefined ? limit : AbortSignal.any([limit, ended])
  try {
    const probe = probeForge({ configFile: context.paths.configFile, env: context.env, signal })
    if (probe === null) return { needed: [], unsafe: [] }
    const [answer, ...others] = await answerOf(probe, signal)
    const open = probe.warnings.map((detail) => ({ name: `${NAME} key`, ok: false, detail, fix: null }))
    return { needed: [answer], unsafe: [...open, ...others] }
  } catch (error) {
    if (error instanceof BerthError && error.code === 'config-invalid') return { needed: [], unsafe: [] }
    throw error
  }
}
