import type { Login } from '../../domain/login.ts'
import { loginVersion } from '../../domain/login-version.ts'
import { errorMessage } from '../../std/error-message.ts'
import { readHomeFile } from '../../std/read-home-file.ts'
import { providerOf } from '../planning/choose-provider.ts'
import { lentVersion } from '../task/lent-version.ts'
import { loginOf } from './login-of-turn.ts'
import type { Running } from './running.ts'

/** What the agent's CLI made of its login: null where it is as it was. Throws Error with a sentence. */
const changed = (running: Running, login: Login, now: Date): Login | null => {
  const { deps, live, plan } = running
  const service = providerOf(deps, live, plan).logins?.find(({ id }) => id === login.service)
  if (service === undefined || plan.inside === undefined) return null
  const bytes = readHomeFile(plan.folders.home, plan.inside.path)
  if (bytes === undefined) throw new Error('the agent has removed it')
  const part = service.file.read(bytes.toString('utf8'), now)
  if (part.access === login.access && (part.refresh ?? null) === login.refresh) return null
  const { access = login.access, refresh = login.refresh, expiresAt = null } = part
  const extra = { ...login.extra, ...part.extra }
  return { ...login, access, refresh, expiresAt, extra, refreshedAt: now.toISOString(), problem: null }
}

/**
 * Takes the login out of the home of a container that has ended: its CLI may have refreshed it. Can be done again. A file
 * that is none any more changes nothing of the login.
 */
export const takeLoginBack = async (running: Running): Promise<void> => {
  const { deps, live, plan } = running
  const id = loginOf(plan)
  const lent = lentVersion(live, plan)
  if (plan.inside === undefined || id === null || lent === null) return
  try {
    const login = await deps.logins.find(id)
    const next = login === null ? null : changed(running, login, deps.clock.now())
    // Without a change of its own the agent has nothing to bring, whatever was stored meanwhile.
    if (next === null || loginVersion(next) === lent || (await deps.logins.replace(next, lent))) return
    throw new Error('it was stored anew meanwhile, so what the agent has is dropped')
  } catch (error) {
    const text = `the login ${id.provider}/${id.name} stays as it is: ${errorMessage(error)}`
    if (!live.record.warnings.includes(text)) live.append({ type: 'notice', level: 'warning', text })
  }
}
