import { BerthError } from '../../domain/errors.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { ForgeCall, ForgeCommits } from '../forge.ts'
import type { Request, RequestFor } from './api.ts'
import { strange } from './api-error.ts'
import { slug } from './repository-of.ts'

const NAME = /^refs\//
const SHA = /^([0-9a-f]{40}|[0-9a-f]{64})$/
const IS_GONE = /Reference does not exist/i

const isLacking = (error: unknown) => error instanceof BerthError && error.code === 'app-permission'

/**
 * Commits that GitHub makes for an App. It signs those that name no author and no committer: both are then the App's
 * bot.
 */
export const commits = (requests: RequestFor): ForgeCommits => {
  const asker = (repository: string, what: string, call: ForgeCall, workflows = false): Promise<Request> =>
    requests({ repository, permissions: { contents: 'write', ...(workflows && { workflows: 'write' }) }, what }, call)

  return {
    create: async ({ repository, tree, parents, message }, call) => {
      const what = 'asked GitHub to make a commit'
      const request = await asker(repository, what, call)
      const asked = { ...slug(repository), tree, parents: [...parents], message }
      const { data } = await request('POST /repos/{owner}/{repo}/git/commits', asked)
      if (!SHA.test(data.sha)) throw strange(what, 'it told no commit')
      const { verified, reason } = data.verification ?? {}
      if (verified === true) return data.sha
      const why = terminalLine(String(reason)).slice(0, 100)
      throw new BerthError('cannot-sign', `GitHub made a commit and did not sign it: ${why}`)
    },
    pointRef: async ({ repository, ref, sha }, call) => {
      const move = async (workflows: boolean) => {
        const request = await asker(repository, `asked GitHub to move ${ref}`, call, workflows)
        const asked = { ...slug(repository), ref: ref.replace(NAME, ''), sha, force: true }
        await request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', asked)
      }
      try {
        await move(false)
      } catch (error) {
        if (!isLacking(error)) throw error
        // GitHub says so of commits that change workflows, too.
        await move(true).catch((other) => Promise.reject(isLacking(other) ? error : other))
      }
    },
    removeRef: async ({ repository, ref }, call) => {
      const request = await asker(repository, `asked GitHub to remove ${ref}`, call)
      try {
        await request('DELETE /repos/{owner}/{repo}/git/refs/{ref}', {
          ...slug(repository),
          ref: ref.replace(NAME, ''),
        })
      } catch (error) {
        if (!(error instanceof BerthError && IS_GONE.test(error.message))) throw error
      }
    },
  }
}
