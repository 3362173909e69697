import { join } from 'node:path'

/** FNV-1a, 64 bits as two halves: a short name for a path, no protection against anybody. */
const shortHash = (text: string): string => {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let i = 0; i < text.length; i += 1) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193)
    b = Math.imul(b ^ text.charCodeAt(text.length - 1 - i), 0x01000193)
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}

/** The folder of a state folder's sockets; short, because a socket's path ends at 108 bytes. */
export const runtimeDir = (env: Readonly<Record<string, string | undefined>>, uid: number, state: string): string => {
  const base = env['XDG_RUNTIME_DIR']
  const hash = shortHash(state)
  return base?.startsWith('/') && base.length < 40 ? join(base, `berth-${hash}`) : `/tmp/berth-${uid}-${hash}`
}
