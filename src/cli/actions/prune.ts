import type { PruneAnswer } from '../../api/contract.ts'
import { BerthError } from '../../domain/errors.ts'
import { formatBytes, parseBytes } from '../../std/bytes.ts'
import { parseDuration } from '../../std/duration.ts'
import { nameAndValue } from '../../std/name-and-value.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'

export type PruneOptions = {
  readonly dryRun?: boolean
  readonly olderThan?: string
  readonly state?: string
  readonly maxDisk?: string
  readonly label?: readonly string[]
  readonly force?: boolean
  readonly json?: boolean
}

export const pruneAction = async (context: Context, options: PruneOptions): Promise<number> => {
  const age = options.olderThan === undefined ? null : parseDuration(options.olderThan)
  if (age !== null && !age.ok) throw new BerthError('usage', `--older-than: ${age.error}`)
  const most = options.maxDisk === undefined ? null : parseBytes(options.maxDisk)
  if (most !== null && !most.ok) throw new BerthError('usage', `--max-disk: ${most.error}`)
  const answer = await client(context).json<PruneAnswer>('POST', '/v1/prune', {
    dryRun: options.dryRun ?? false,
    force: options.force ?? false,
    ...(age === null ? {} : { olderThanMs: age.value }),
    ...(most === null ? {} : { maxBytes: most.value }),
    ...(options.label === undefined ? {} : { labels: Object.fromEntries(options.label.map(nameAndValue)) }),
    ...(options.state === undefined ? {} : { states: options.state.split(',') }),
  })
  if (options.json) {
    context.stdout.write(`${JSON.stringify(answer)}\n`)
    return 0
  }
  for (const { kind, id, bytes } of answer.pruned)
    context.stdout.write(`${kind} ${id}${kind === 'container' ? '' : ` ${formatBytes(bytes)}`}\n`)
  context.stdout.write(`${options.dryRun ? 'would free' : 'freed'} ${formatBytes(answer.bytes)}\n`)
  if (most !== null && answer.left !== null)
    context.stdout.write(
      `${formatBytes(answer.left)} left${answer.left > most.value ? `, over ${formatBytes(most.value)}` : ''}\n`,
    )
  for (const { id, why } of answer.kept) context.stderr.write(`kept ${id}: ${why}\n`)
  return 0
}
