import type { RunGit } from '../inside/git-runner.ts'

export type Identity = { readonly name: string; readonly email: string }

const NOBODY: Identity = { name: 'Berth agent', email: 'agent@berth.invalid' }

/** Who commits: git's own variables, else its configuration, else a name of ours. */
export const findIdentity = async (env: Readonly<Record<string, string>>, git: RunGit): Promise<Identity> => {
  const configured = async (key: string) => (await git(['config', '--get', key])).stdout.trim()
  return {
    name: env['GIT_AUTHOR_NAME'] || (await configured('user.name')) || NOBODY.name,
    email: env['GIT_AUTHOR_EMAIL'] || (await configured('user.email')) || NOBODY.email,
  }
}

/** The variables that make git commit so. */
export const identityEnv = (
  { name, email }: Identity,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  GIT_AUTHOR_NAME: name,
  GIT_AUTHOR_EMAIL: email,
  GIT_COMMITTER_NAME: env['GIT_COMMITTER_NAME'] || name,
  GIT_COMMITTER_EMAIL: env['GIT_COMMITTER_EMAIL'] || email,
})
