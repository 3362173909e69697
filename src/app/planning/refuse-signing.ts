import type { CallerEnv } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import { plannedClones } from '../../plan/planned-clones.ts'
import type { Deps } from '../deps.ts'
import { signerFor } from './signer-for.ts'
import { signingForge } from './signing-forge.ts'

/** Refuses a signature that nobody could make when the work is done. Gives warnings. Rejects with cannot-sign. */
export const refuseSigning = async (
  deps: Pick<Deps, 'config' | 'forges' | 'git'>,
  plan: Pick<Plan, 'amendment' | 'source' | 'further'>,
  callerEnv: CallerEnv,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const sign = plan.amendment?.sign ?? null
  const clones = plannedClones(plan)
  if (sign === null || clones.length === 0) return []
  if (sign.kind === 'api') {
    for (const { url } of clones) {
      const { forge, repository } = signingForge(deps, url)
      await forge.check({ repository, permissions: { contents: 'write' } }, { callerEnv, signal })
    }
    return []
  }
  await deps.git.trySigner(await signerFor(deps, sign, callerEnv), signal)
  return sign.kind === 'ssh' ? deps.config.openFile('the key of --sign', sign.key) : []
}
