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
  id: z.string().describe("A task's id, the beginning of an id, or a task's name."),
  turn: turnNumber('turn').describe('The number of a turn.'),
}

const otherWork = z.string().optional().describe('The name of unpublished work, as `others` in the record lists it.')

export const listQuery = z.object({
  all: isTrue.prefault('false').describe('`true`: also finished and archived tasks.'),
  archived: isTrue.prefault('false').describe('`true`: only archived tasks.'),
  state: states.prefault('').describe('States, separated by commas.'),
  label: many.describe('NAME=VALUE; repeatable.'),
  agent: z.string().optional(),
  limit: z
    .string()
    .optional()
    .transform((text) => (Number.isInteger(Number(text)) && Number(text) > 0 ? Number(text) : undefined))
    .describe('The largest number of tasks in the answer.'),
})

export const usageQuery = z.object({
  by: usageKeys.prefault('').describe(`Keys, separated by commas: ${USAGE_KEYS.join(', ')}, label:NAME.`),
  since: time.optional().describe('ISO 8601.'),
})

/** The number of the last event that a reader has; a reader that comes back tells it in a header. */
export const lastEvent = count('after', 'the number of an event')

export const eventsQuery = z.object({
  after: lastEvent
    .prefault('0')
    .describe('The number of the last event that the caller has; the header `last-event-id` does the same.'),
  follow: z
    .string()
    .prefault('false')
    .describe('`true`: stream new events until the task is over; `forever`: also those of later turns.'),
  tail: count('tail', 'a count').exactOptional().describe('How many of the last events to send.'),
  since: time.exactOptional().describe('ISO 8601.'),
  turn: count('turn', 'the number of a turn').exactOptional(),
  types: z
    .string()
    .transform((text): ReadonlySet<string> => new Set(text.split(',')))
    .exactOptional()
    .describe('Types of events, separated by commas.'),
})

export const forwardQuery = z.object({
  port: ofForm(/^[1-9]\d{0,4}$/, (text) => `port=${text}: not a port`)
    .transform(Number)
    .refine((port) => port <= 65_535, { error: ({ input }) => `port=${input}: not a port` })
    .describe('The port in the sandbox.'),
})

export const auditQuery = z.object({
  follow: isTrue.prefault('false').describe('`true`: stream new entries until the task is over.'),
  denied: isTrue.prefault('false').describe('`true`: only what was denied.'),
  after: z.string().optional().describe('The id of the last entry that the caller has.'),
})

export const outputQuery = z.object({ turn: z.string().optional().describe('The number of a turn.') })
export const resultQuery = z.object({
  turn: turnNumber('--turn').optional().describe('The number of a turn (default: the last one).'),
})
const repository = z.string().optional().describe('The folder of one of its repositories, if the task has several.')

export const workQuery = z.object({ branch: otherWork, repository })
export const diffQuery = z.object({
  stat: isTrue.prefault('false').describe('`true`: only counts of lines.'),
  names: isTrue.prefault('false').describe('`true`: only names of files.'),
  binary: z
    .string()
    .prefault('true')
    .transform((text) => text !== 'false')
    .describe('`false`: leave out the content of binary files.'),
  repository,
  branch: otherWork,
  turn: turnNumber('--turn').optional().describe('Only the changes of this turn.'),
  path: many.describe('A file or folder, as a path from the top of the work tree; repeatable.'),
})
