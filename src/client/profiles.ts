import { resolve } from 'node:path'

/** Files of profiles as paths from this machine's root. A profile of AppArmor may also be a name. */
export const profilesFrom = (cwd: string, settings: Readonly<Record<string, unknown>>): Record<string, string> => {
  const [seccomp, apparmor] = [settings['seccomp-profile'], settings['apparmor-profile']]
  return {
    ...(typeof seccomp === 'string' && { 'seccomp-profile': resolve(cwd, seccomp) }),
    ...(typeof apparmor === 'string' && /^\.\.?\//.test(apparmor) && { 'apparmor-profile': resolve(cwd, apparmor) }),
  }
}
