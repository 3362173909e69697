import type { ContainerEngineKind } from '../../domain/engine-kind.ts'
import { connection } from '../http/connection.ts'
import { parseEndpoint } from '../http/endpoint.ts'

const ANSWERS_MS = 5000

/** What answers at an endpoint: a socket of Docker's may be Podman's. Throws what the connection throws. */
export const ask = async (
  named: ContainerEngineKind | 'engine',
  url: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly kind: ContainerEngineKind; readonly endpoint: string }> => {
  const endpoint = parseEndpoint(url)
  const asked = connection({ endpoint, label: `${named} at ${endpoint.url}`, greetMs: ANSWERS_MS })
  try {
    const { podman } = await asked.greet(signal)
    return { kind: podman ? 'podman' : 'docker', endpoint: endpoint.url }
  } finally {
    asked.close()
  }
}
