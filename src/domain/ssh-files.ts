/** In the container's folder for secrets: a copy of a private key, and what ssh needs to use it. */
export const SSH_FILES = { key: 'ssh-key', config: 'ssh-config', knownHosts: 'ssh-known-hosts' } as const

/** The lines of a private key that give it away. */
export const secretLinesOf = (key: string): readonly string[] =>
  key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'))
