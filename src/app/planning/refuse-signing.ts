import { BerthError } from '../../domain/errors.ts'
import type { CallerEnv } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { signerFor } from './signer-for.ts'

/** Refuses a signature that nobody could make when the work is done. Rejects with cannot-sign. */
export const refuseSigning = async (
  deps: Pick<Deps, 'config' | 'git'>,
  { amendment }: Pick<Plan, 'amendment'>,
  callerEnv: CallerEnv,
  signal: AbortSignal,
): Promise<void> => {
  const sign = amendment?.sign ?? null
  if (sign === null) return
  if (sign.kind === 'api') throw new BerthError('cannot-sign', '--sign api: there is no forge that signs')
  await deps.git.trySigner(await signerFor(deps, sign, callerEnv), signal)
}
