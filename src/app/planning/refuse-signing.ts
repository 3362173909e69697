import type { CallerEnv } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { signerFor } from './signer-for.ts'
import { signingForge } from './signing-forge.ts'

/** Refuses a signature that nobody could make when the work is done. Gives warnings. Rejects with cannot-sign. */
export const refuseSigning = async (
  deps: Pick<Deps, 'config' | 'forges' | 'git'>,
  { amendment, source }: Pick<Plan, 'amendment' | 'source'>,
  callerEnv: CallerEnv,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const sign = amendment?.sign ?? null
  if (sign === null || source.kind !== 'clone') return []
  if (sign.kind === 'api') {
    const { forge, repository } = signingForge(deps, source.url)
    await forge.check({ repository, permissions: { contents: 'write' } }, { callerEnv, signal })
    return []
  }
  await deps.git.trySigner(await signerFor(deps, sign, callerEnv), signal)
  return sign.kind === 'ssh' ? deps.config.openFile('the key of --sign', sign.key) : []
}
