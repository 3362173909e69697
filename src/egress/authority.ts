import type { SecureContext } from 'node:tls'
import type { Certificates, Validity } from './certificates.ts'

const DAY_MS = 86_400_000
/** Longer than any task. */
const AUTHORITY_DAYS = 3650
/** Clients refuse a host's certificate that is valid for more than 397 days. */
const HOST_DAYS = 364
/** An agent can name any number of hosts below `*.example.org`. */
const KEPT_HOSTS = 64

/** A task's certificate authority. Only this task's sandbox trusts it; its key stays in the gateway's memory. */
export type Authority = {
  /** PEM. */
  readonly certificate: string
  /**
   * A TLS server's context with a certificate for this host, a name or an address in canonical form. The last
   * hosts' contexts are kept.
   */
  contextFor(host: string): Promise<SecureContext>
}

/** Clocks differ, so a certificate is valid from yesterday on. */
const validFor = (days: number): Validity => ({
  notBefore: new Date(Date.now() - DAY_MS),
  notAfter: new Date(Date.now() + days * DAY_MS),
})

/** Loads the library of certificates with the first authority: most gateways need none. */
const makeCertificates = async (task: string): Promise<Certificates> => {
  const { certificates } = await import('./certificates.ts')
  return await certificates(`Berth task ${task}`, validFor(AUTHORITY_DAYS))
}

type Kept = { readonly context: Promise<SecureContext>; readonly until: number }

/** Makes the authority of a task. */
export const makeAuthority = async (task: string): Promise<Authority> => {
  const made = await makeCertificates(task)
  const { createSecureContext } = process.getBuiltinModule('node:tls')
  /** In the order of use. */
  const kept = new Map<string, Kept>()

  const makeContext = async (host: string): Promise<SecureContext> => {
    const cert = await made.forHost(host, validFor(HOST_DAYS))
    // With `ca` Node does not load the system's authorities, which only a client's context needs.
    return createSecureContext({ cert, key: made.hostKey, ca: made.certificate })
  }
  const keep = (host: string, entry: Kept) => {
    kept.delete(host)
    kept.set(host, entry)
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_HOSTS) return
      kept.delete(oldest)
    }
  }
  return {
    certificate: made.certificate,
    contextFor: (host) => {
      const found = kept.get(host)
      const entry =
        found !== undefined && found.until > Date.now()
          ? found
          : { context: makeContext(host), until: Date.now() + (HOST_DAYS - 1) * DAY_MS }
      keep(host, entry)
      // A failure is not kept.
      if (entry !== found) entry.context.catch(() => kept.get(host) === entry && kept.delete(host))
      return entry.context
    },
  }
}
