import {
  type GitHubAccess,
  type GitHubSettings,
  githubAccess,
  githubApiUrl,
  githubHost,
} from '../domain/github-settings.ts'
import type { Forge, Forges } from './forge.ts'
import { repositoryOf } from './github/repository-of.ts'

type Options = {
  /** As they are now: the file may have changed. */
  readonly settings: () => GitHubSettings
  readonly make: (made: { readonly access: GitHubAccess; readonly baseUrl: string; readonly host: string }) => Forge
}

/** Makes a forge when it is first asked for, and again when its settings are others. */
export const forges = ({ settings, make }: Options): Forges => {
  let known: { readonly text: string; readonly forge: Forge } | undefined
  const forgeOf = (now: GitHubSettings): Forge | undefined => {
    const access = githubAccess(now)
    if (access === null) return undefined
    const text = JSON.stringify(now)
    if (known?.text !== text)
      known = { text, forge: make({ access, baseUrl: githubApiUrl(now), host: githubHost(now) }) }
    return known.forge
  }
  return {
    get host() {
      return githubHost(settings())
    },
    of: (url) => {
      const now = settings()
      return repositoryOf(githubHost(now), url) === undefined ? undefined : forgeOf(now)
    },
  }
}
