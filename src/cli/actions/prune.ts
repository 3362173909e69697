import type { PruneAnswer } from '../../api/answers.ts'
import type { Sent } from '../../api/route-types.ts'
import { client } from '../../client/client.ts'
import { BerthError } from '../../domain/errors.ts'
import { formatBytes, parseBytes } from '../../std/bytes.ts'
import { parseDuration } from '../../std/duration.ts'
import { nameAndValue } from '../../std/name-and-value.ts'
import type { Parsed } from '../../std/parsed.ts'
import type { Context } from '../context.ts'
import { sandboxCount } from '../remove-spares.ts'
import { labelsOf, type SessionFlags } from '../session-flags.ts'

export type PruneOptions = SessionFlags & {
  readonly dryRun?: boolean
  readonly olderThan?: string
  readonly state?: string
  readonly maxDisk?: string
  readonly label?: readonly string[]
  readonly force?: boolean
  readonly json?: boolean
}

/** The value of an option; null where it was not given. */
const given = <T>(option: string, text: string | undefined, parse: (text: string) => Parsed<T>): T | null => {
  if (text === undefined) return null
  const value = parse(text)
  if (!value.ok) throw new BerthError('usage', `${option}: ${value.error}`)
  return value.value
}

const print = ({ stdout, stderr }: Context, answer: PruneAnswer, dryRun: boolean, most: number | null): void => {
  for (const { kind, id, bytes } of answer.pruned)
    stdout.write(`${kind} ${id}${kind === 'container' ? '' : ` ${formatBytes(bytes)}`}\n`)
  if (answer.sandboxes > 0) stdout.write(`${dryRun ? 'would remove' : 'removed'} ${sandboxCount(answer.sandboxes)}\n`)
  stdout.write(`${dryRun ? 'would free' : 'freed'} ${formatBytes(answer.bytes)}\n`)
  if (most !== null && answer.left !== null)
    stdout.write(`${formatBytes(answer.left)} left${answer.left > most ? `, over ${formatBytes(most)}` : ''}\n`)
  for (const { id, why } of answer.kept) stderr.write(`kept ${id}: ${why}\n`)
}

/** As they were written: the supervisor says which of them is no state. */
type States = NonNullable<Sent<'prune'>['body']['states']>

export const pruneAction = async (context: Context, options: PruneOptions): Promise<number> => {
  const age = given('--older-than', options.olderThan, parseDuration)
  const most = given('--max-disk', options.maxDisk, parseBytes)
  const { dryRun = false, force = false, state } = options
  const labels = labelsOf(options)
  const body = {
    dryRun,
    force,
    ...(age === null ? {} : { olderThanMs: age }),
    ...(most === null ? {} : { maxBytes: most }),
    ...(labels === undefined ? {} : { labels: Object.fromEntries(labels.map(nameAndValue)) }),
    ...(state === undefined ? {} : { states: state.split(',') as States }),
  }
  const answer = await client(context).ask('prune', { body })
  if (options.json) context.stdout.write(`${JSON.stringify(answer)}\n`)
  else print(context, answer, dryRun, most)
  return 0
}
