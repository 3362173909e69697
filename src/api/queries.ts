import * as z from 'zod'
import { STATES, type State } from '../domain/task.ts'
import { isUsageKey, USAGE_KEYS } from '../views/usage-report.ts'

const isTrue = z.string().transform((text) => text === 'true')
/** Names with commas between them. */
const names = z.string().transform((text) => text.split(',').filter((name) => name !== ''))
const many = z.array(z.string()).prefault([])

/** Text of this form; what is said of another. */
const ofForm = (pattern: RegExp, wrong: (text: unknown) => string) =>
  z.string().regex(pattern, { error: ({ input }) => wrong(input) })
const turnNumber = (told: string) =>
  ofForm(/^[1-9]\d{0,8}$/, (text) => `${told} ${text}: not the number of a turn`).transform(Number)
const count = (name: string, what: string) =>
  ofForm(/^\d{1,15}$/, (text) => `${name}=${text}: not ${what}`).transform(Number)

const time = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), { error: ({ input }) => `since=${input}: not a time` })
  .transform((text) => new Date(text).toISOString())

const isState = (text: string): text is State => STATES.some((state) => state === text)
const states = names
  .refine((all) => all.every(isState), {
    error: ({ input }) =>
      `--state ${(input as string[]).find((text) => !isState(text))}: not a state; there are ${STATES.join(', ')}`,
  })
  .transform((all) => all.filter(isState))

const usageKeys = names.refine((keys) => keys.every(isUsageKey), {
  error: ({ input }) =>
    `--by ${(input as string[]).find((key) => !isUsageKey(key))}: there are ${USAGE_KEYS.join(', ')} and label:NAME`,
})

/** What stands in the path of a route. */
export const PARAMS = {
  id: z.string().describe("A task's id, the beginning of one, or a name."),
  turn: turnNumber('turn').describe('The number of a turn.'),
}

const otherWork = z.string().optional().describe('The name of other work of the task.')

export const listQuery = z.object({
  all: isTrue.prefault('false').describe('`true`: finished and archived tasks too.'),
  archived: isTrue.prefault('false').describe('`true`: archived tasks alone.'),
  state: states.prefault('').describe('States with commas.'),
  label: many.describe('NAME=VALUE; repeatable.'),
  agent: z.string().optional(),
  limit: z
    .string()
    .optional()
    .transform((text) => (Number.isInteger(Number(text)) && Number(text) > 0 ? Number(text) : undefined))
    .describe('At most so many tasks.'),
})

export const usageQuery = z.object({
  by: usageKeys.prefault('').describe(`Keys with commas: ${USAGE_KEYS.join(', ')}, label:NAME.`),
  since: time.optional().describe('ISO 8601.'),
})

/** The number of the last event that a reader has; a reader that comes back tells it in a header. */
export const lastEvent = count('after', 'the number of an event')

export const eventsQuery = z.object({
  after: lastEvent
    .prefault('0')
    .describe('The number of the last event that is known; the header `last-event-id` does the same.'),
  follow: z.string().prefault('false').describe('`true`: to the end of the task; `forever`: over later turns too.'),
  tail: count('tail', 'a count').exactOptional().describe('Only the last of the events that are there.'),
  since: time.exactOptional().describe('ISO 8601.'),
  turn: count('turn', 'the number of a turn').exactOptional(),
  types: z
    .string()
    .transform((text): ReadonlySet<string> => new Set(text.split(',')))
    .exactOptional()
    .describe('Types of events with commas.'),
})

export const outputQuery = z.object({ turn: z.string().optional().describe('The number of a turn.') })
export const workQuery = z.object({ branch: otherWork })
export const diffQuery = z.object({
  stat: isTrue.prefault('false').describe('`true`: counts of lines.'),
  names: isTrue.prefault('false').describe('`true`: names of files.'),
  binary: z
    .string()
    .prefault('true')
    .transform((text) => text !== 'false')
    .describe('`false`: without the content of binary files.'),
  branch: otherWork,
  turn: turnNumber('--turn').optional().describe('What that turn alone changed.'),
  path: many.describe('A file or folder from the top; repeatable.'),
})
