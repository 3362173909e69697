import type { WorkAnswer } from '../../api/contract.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import { counted } from '../../views/words.ts'
import { applyChanges, applyCommits } from '../apply-work.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'
import { fetchWork } from '../fetch-work.ts'
import { folderGit, userGit } from '../user-git.ts'

export type ApplyOptions = { readonly commit?: boolean; readonly json?: boolean }
type Applied = { readonly files?: readonly string[]; readonly commits?: readonly string[] }

/** Of a copied folder: its patch, in the folder that this is. */
const applyPatch = async (context: Context, id: string): Promise<Applied> => {
  const pieces: Buffer[] = []
  for await (const piece of await client(context).stream(`/v1/tasks/${id}/diff`)) pieces.push(piece)
  const git = folderGit(context)
  const input = Buffer.concat(pieces)
  await git.run(['apply', '--whitespace=nowarn', '-'], { input })
  const listed = await git.run(['apply', '--numstat', '-z', '-'], { input })
  return {
    files: listed
      .toString()
      .split('\0')
      .filter(Boolean)
      .map((row) => row.split('\t')[2] ?? ''),
  }
}

const applyWork = async (context: Context, work: WorkAnswer, commit: boolean): Promise<Applied> => {
  if (work.kind === 'copy') {
    if (commit) throw new BerthError('not-allowed', `${work.id} has no commits: it worked on a copy of a folder`)
    return await applyPatch(context, work.id)
  }
  const git = await userGit(context)
  await fetchWork(git, work)
  return commit ? { commits: await applyCommits(git, work) } : { files: await applyChanges(git, work) }
}

export const applyAction = async (context: Context, asked: string, options: ApplyOptions): Promise<number> => {
  const work = await client(context).json<WorkAnswer>('GET', `/v1/tasks/${encodeURIComponent(asked)}/work`)
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
