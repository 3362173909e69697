import { unlessAborted } from '../../std/abort.ts'
import type { ForgeCall, ForgePermissions } from '../forge.ts'
import { refreshTime } from '../refresh-time.ts'
import type { MintedToken } from './app.ts'

type Asked = {
  readonly repository: string
  readonly permissions: ForgePermissions
  /** A token that GitHub did not take. */
  readonly refused?: string
}
type Held = MintedToken & {
  /** By this machine's clock, in ms. */
  readonly refreshAt: number
}

/** Longer than all that a token's requests may wait. */
const LIMIT_MS = 180_000

const keyOf = ({ repository, permissions }: Asked): string =>
  JSON.stringify([repository.toLowerCase(), Object.entries(permissions).toSorted()])

/** Tokens in memory while they live long enough. Of many who ask at once one asks GitHub, and no caller's end ends that. */
export const tokenCache = (input: {
  readonly mint: (repository: string, permissions: ForgePermissions, call: ForgeCall) => Promise<MintedToken>
  readonly onMinted: (asked: Asked, token: MintedToken) => void
}) => {
  const held = new Map<string, Held>()
  const pending = new Map<string, Promise<Held>>()
  const renew = async (key: string, asked: Asked, call: ForgeCall): Promise<Held> => {
    const own = { ...call, signal: AbortSignal.timeout(LIMIT_MS) }
    const token = await input.mint(asked.repository, asked.permissions, own)
    const taken = { ...token, refreshAt: refreshTime(Date.now(), token.lifeMs) }
    held.set(key, taken)
    input.onMinted(asked, token)
    return taken
  }
  return async (asked: Asked, call: ForgeCall): Promise<Held> => {
    call.signal.throwIfAborted()
    const key = keyOf(asked)
    const known = held.get(key)
    if (known !== undefined && known.value !== asked.refused && Date.now() < known.refreshAt) return known
    let running = pending.get(key)
    if (running === undefined) {
      running = renew(key, asked, call).finally(() => pending.delete(key))
      pending.set(key, running)
    }
    return await unlessAborted(running, call.signal)
  }
}
