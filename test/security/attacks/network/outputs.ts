import type { Event } from '../../../../src/domain/event.ts'

/** What each attack printed, by its mark, which stands behind "@@" before its words. */
export const outputsByMark = (events: readonly Event[]): ReadonlyMap<string, string> => {
  const texts = events.flatMap((event) => (event.type === 'agent.tool.end' ? [event.output ?? ''] : []))
  const parts = texts.flatMap((text) => text.split('@@').slice(1))
  return new Map(parts.map((part) => [/^\w+/.exec(part)?.[0] ?? '', part]))
}
