import { resolve } from 'node:path'

/** Settings whose value is a path of this machine. */
const PATHS = ['seccomp-profile', 'output', 'transcript-dir', 'ssh-key']

/** Such settings as paths from this machine's root. A profile of AppArmor may also be a name. */
export const hostPathsFrom = (cwd: string, settings: Readonly<Record<string, unknown>>): Record<string, string> => {
  const apparmor = settings['apparmor-profile']
  const paths = PATHS.flatMap((key) => {
    const path = settings[key]
    if (typeof path !== 'string' || path === '') return []
    // The home is the caller's; what reads the setting puts it in.
    return [[key, key === 'ssh-key' && path.startsWith('~/') ? path : resolve(cwd, path)] as const]
  })
  return {
    ...Object.fromEntries(paths),
    ...(typeof apparmor === 'string' && /^\.\.?\//.test(apparmor) && { 'apparmor-profile': resolve(cwd, apparmor) }),
  }
}
