import type { Config } from '../config/load-config.ts'
import { githubOf } from '../config/supervisor-settings.ts'
import { BerthError } from '../domain/errors.ts'
import { githubAccess } from '../domain/github-settings.ts'

/** What is missing in the table [github], or does not fit together. */
export const githubMistakes = ({ values }: Pick<Config, 'values'>): readonly BerthError[] => {
  try {
    githubAccess(githubOf(values))
    return []
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    return [error]
  }
}
