import { resolve } from 'node:path'

/** Settings whose value is a path of this machine. */
const PATHS = [
  'seccomp-profile',
  'output',
  'transcript-dir',
  'ssh-key',
  'workspace',
  'workspace-template',
  'workspace-prefix',
]

/** Such settings as paths from this machine's root. A profile of AppArmor may also be a name. */
export const hostPathsFrom = (cwd: string, settings: Readonly<Record<string, unknown>>): Record<string, string> => {
  const apparmor = settings['apparmor-profile']
  const paths = PATHS.flatMap((key) => {
    const path = settings[key]
    if (typeof path !== 'string' || path === '') return []
    // The home is the caller's; what reads the setting puts it in.
    if (key === 'ssh-key' && path.startsWith('~/')) return [[key, path] as const]
    // What comes behind a prefix may be in that folder.
    const end = key === 'workspace-prefix' && path.endsWith('/') ? '/' : ''
    return [[key, resolve(cwd, path) + end] as const]
  })
  return {
    ...Object.fromEntries(paths),
    ...(typeof apparmor === 'string' && /^\.\.?\//.test(apparmor) && { 'apparmor-profile': resolve(cwd, apparmor) }),
  }
}
