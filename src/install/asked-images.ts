import { BerthError } from '../domain/errors.ts'
import { didYouMean } from '../std/suggest.ts'
import type { AskedImages } from './build-family.ts'
import { ALL, type ImageKind, KINDS } from './image-name.ts'
import { isTag } from './image-tags.ts'
import { AGENTS } from './worker-parts.ts'

const usage = (message: string, hint: string): BerthError => new BerthError('usage', message, { hint })

const kindOf = (word: string): ImageKind => {
  const kind = KINDS.find((known) => known === word)
  if (kind !== undefined) return kind
  const hint = `Name one of the images: ${KINDS.join(', ')}.`
  throw usage(`${word}: there is no such image${didYouMean(word, KINDS)}`, hint)
}

/** The words of `berth image build`, or the error for the first that is wrong. Without a kind: the agent image. */
export const askedImages = (
  words: readonly string[],
  agent: string | undefined,
  tags: readonly string[],
): AskedImages => {
  const named = new Set(words.map(kindOf))
  const kinds: readonly ImageKind[] = named.size === 0 ? ['agent'] : KINDS.filter((kind) => named.has(kind))
  if (agent !== undefined && !AGENTS.includes(agent)) {
    const known = AGENTS.join(', ')
    throw new BerthError('unknown-provider', `--agent ${agent}: there is no such agent${didYouMean(agent, AGENTS)}`, {
      hint: `Name one of the agents that Berth brings: ${known}.`,
    })
  }
  if (agent !== undefined && !kinds.includes('worker'))
    throw usage('--agent is for the worker image alone', 'Write `berth image build worker --agent NAME`.')
  const longest = agent === undefined ? 0 : agent.length + 1
  for (const tag of tags) {
    if (isTag(tag) && tag.length + longest <= 128) continue
    const hint =
      'A tag has letters, digits, `_`, `.` and `-`, begins with none of the last two, and is at most 128 long.'
    throw usage(`--tag ${tag}: this is no tag`, hint)
  }
  return { kinds, withToolbox: named.size === 0, provider: agent ?? ALL, tags }
}
