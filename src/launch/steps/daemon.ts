import type { LaunchDeps } from '../deps.ts'

/** Waits until the container's folder has a token of the forge, which a daemon keeps fresh from then on. */
export const startTokenDaemon = async ({ tokenReady }: LaunchDeps): Promise<void> => await tokenReady?.()
