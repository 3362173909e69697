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

/** A sentence for a secret in a file that others on this machine can read. */
export const openFile = (what: string, reference: string): readonly string[] => {
  const [, path] = /^file:(.*)$/.exec(reference) ?? []
  const mode = path === undefined ? 0 : modeOf(path)
  if ((mode & 0o077) === 0) return []
  return [`others can read ${what}: ${path} has the mode ${mode.toString(8)}; set it with \`chmod 600 ${path}\``]
}

/** The same for a secret of GitHub. */
export const openSecrets = (access: GitHubAccess, home: string): readonly string[] =>
  access.kind === 'app'
    ? openFile('the private key of the GitHub App', keyReference(access.app.key, home))
    : openFile('the token of GitHub', keyReference(access.reference, home))
