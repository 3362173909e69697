import { statSync } from 'node:fs'
import type { GitHubAccess } from '../domain/github-settings.ts'
import { keyReference } from './key-reference.ts'

const modeOf = (path: string): number => {
  try {
    return statSync(path).mode & 0o777
  } catch {
    // Who reads it tells why it cannot be read.
    return 0
  }
}

/** A sentence for a file with a secret of GitHub that others on this machine can read. */
export const openSecrets = (access: GitHubAccess, home: string): readonly string[] => {
  const [what, reference] =
    access.kind === 'app'
      ? ['the private key of the GitHub App', access.app.key]
      : ['the token of GitHub', access.reference]
  const [, path] = /^file:(.*)$/.exec(keyReference(reference, home)) ?? []
  const mode = path === undefined ? 0 : modeOf(path)
  if ((mode & 0o077) === 0) return []
  return [`others can read ${what}: ${path} has the mode ${mode.toString(8)}; set it with \`chmod 600 ${path}\``]
}
