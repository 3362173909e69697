import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RunGit } from '../inside/git-runner.ts'
import { type CheckedOut, checkOut, checkOutCopy, standingAt, stayAt } from './check-out.ts'
import { StepFailed } from './exit-codes.ts'
import { type Placed, placeRepository } from './place-repository.ts'
import type { Inputs } from './read-inputs.ts'
import { seedFolder } from './seed-folder.ts'

type Input = {
  readonly inputs: Inputs
  readonly folder: string
  readonly git: RunGit
  readonly say: (text: string) => void
}

const place = async ({ inputs: { source }, folder, git, say }: Input): Promise<Placed> =>
  source.kind === 'url'
    ? await placeRepository({ url: source.url, folder, git, say })
    : seedFolder({ source: source.path, folder, say })

/** Brings the repository or the source tree into the folder, at the ref that was asked for. Throws StepFailed. */
export const fillWorkFolder = async (input: Input): Promise<CheckedOut> => {
  const { inputs, folder, git, say } = input
  const { kept } = await place(input)
  const isRepository = existsSync(join(folder, '.git'))
  if (inputs.source.kind === 'url') return await (kept ? stayAt : checkOut)({ folder, ref: inputs.ref, git, say })
  if (inputs.ref !== null && !kept) {
    if (isRepository) return await checkOutCopy(git, inputs.ref)
    throw new StepFailed(
      'checkout',
      `${folder} is no git repository, so it has no ${inputs.ref}`,
      'Leave REPO_REF out.',
    )
  }
  return isRepository ? await standingAt(git) : { ref: null, sha: null }
}
