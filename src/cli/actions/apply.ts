import type { WorkAnswer } from '../../api/answers.ts'
import { client } from '../../client/client.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import { counted } from '../../views/words.ts'
import { applyPatch } from '../apply-patch.ts'
import { applyChanges, applyCommits } from '../apply-work.ts'
import { askedRepository } from '../asked-repository.ts'
import type { Context } from '../context.ts'
import { fetchWork } from '../fetch-work.ts'
import { idOrLast } from '../last-task.ts'
import { userGit, workGit } from '../user-git.ts'

export type ApplyOptions = { readonly commit?: boolean; readonly repository?: string; readonly json?: boolean }
type Applied = { readonly files?: readonly string[]; readonly commits?: readonly string[] }

const applyWork = async (context: Context, work: WorkAnswer, commit: boolean): Promise<Applied> => {
  if (work.kind === 'copy') {
    if (commit)
      throw new BerthError('not-allowed', `${work.id} has no commits, because it worked on a copy of a folder`)
    return { files: await applyPatch(context, work.id, work.patch) }
  }
  const to = await userGit(context)
  await fetchWork(to, work)
  const both = { from: workGit(context, work.publish), to }
  return commit ? { commits: await applyCommits(both, work) } : { files: await applyChanges(both, work) }
}

export const applyAction = async (
  context: Context,
  asked: string | undefined,
  options: ApplyOptions,
): Promise<number> => {
  const given = await idOrLast(context, asked)
  const git = () => userGit(context)
  const repository = await askedRepository(context, given, { named: options.repository, git })
  const work = await client(context).ask('work', { id: given, query: { repository } })
  const applied = await applyWork(context, work, options.commit ?? false)
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ id: work.id, ...applied })}\n`)
    return EXIT.done
  }
  for (const file of applied.files ?? []) context.stdout.write(`${terminalLine(file)}\n`)
  for (const sha of applied.commits ?? []) context.stdout.write(`${sha}\n`)
  const what =
    applied.commits === undefined
      ? `${counted(applied.files?.length ?? 0, 'file')} changed, not committed`
      : counted(applied.commits.length, 'commit')
  context.stderr.write(`berth: ${work.id} applied: ${what}\n`)
  return EXIT.done
}
