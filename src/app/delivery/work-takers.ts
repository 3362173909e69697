import type { Git } from '../../git/git.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { type WorkTaker, workTaker } from './take-work.ts'

/** What takes the bundle of each repository; named by its folder, undefined: the main one. */
export const workTakers = (
  git: Pick<Git, 'take' | 'takeLfs'>,
  contexts: readonly Pick<TurnContext, 'live' | 'plan' | 'signal' | 'repository'>[],
) => {
  const takers = new Map<string | undefined, WorkTaker>(
    contexts.map(({ live, plan, signal, repository }) => [
      repository,
      workTaker({ git, folder: live.folder, plan, signal }),
    ]),
  )
  return {
    /** The worker's word that this bundle is whole. */
    begin(repository: string | undefined): void {
      takers.get(repository)?.begin()
    },
    of(repository: string | undefined): WorkTaker {
      const taker = takers.get(repository)
      if (taker === undefined) throw new Error(`the turn has no repository ${repository}`)
      return taker
    },
    /** Nothing is under way any more. */
    async [Symbol.asyncDispose](): Promise<void> {
      for (const taker of takers.values()) await taker[Symbol.asyncDispose]()
    },
  }
}

export type WorkTakers = ReturnType<typeof workTakers>
