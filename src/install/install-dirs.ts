import { join } from 'node:path'
import type { Env } from './install.ts'

const SHARED = '/var/lib/berth'

/**
 * Where an installation may be: `write` is the caller's own, `read` all that are looked through, in order. An ordinary
 * user finds what root has installed. BERTH_INSTALL_DIR names another place.
 */
export const installDirs = (
  env: Env,
  uid: number,
  home: string,
): { readonly write: string; readonly read: readonly string[] } => {
  const named = env['BERTH_INSTALL_DIR']
  if (named !== undefined && named !== '') return { write: named, read: [named] }
  if (uid === 0) return { write: SHARED, read: [SHARED] }
  const own = join(env['XDG_DATA_HOME'] || join(home, '.local/share'), 'berth')
  return { write: own, read: [SHARED, own] }
}
