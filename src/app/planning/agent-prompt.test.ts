import { expect, test } from 'vitest'
import type { LiveTask } from '../task/live-task.ts'
import { agentPrompt, GO_ON, hasUnheard, retryPrompt } from './agent-prompt.ts'

const sent = (turn: number, prompt: string) => ({ type: 'turn.queued', turn, prompt })

/** A task with three turns, the second of which was withdrawn, and what its journal has beside their prompts. */
const live = (
  events: readonly {
    readonly type: string
    readonly turn: number
    readonly prompt?: string
    readonly problems?: readonly string[]
  }[] = [],
  session: string | null = null,
) =>
  ({
    record: {
      session,
      turns: [
        { turn: 1, outcome: { class: 'auth' } },
        { turn: 2, outcome: { class: 'withdrawn' } },
        { turn: 3, outcome: null },
      ],
    },
    journal: {
      select: (...types: string[]) =>
        [sent(1, 'first'), sent(2, 'taken back'), sent(3, 'third'), ...events].filter(({ type }) =>
          types.includes(type),
        ),
    },
  }) as unknown as LiveTask

const RESUMES = { resume: true }

test('a session that goes on hears the prompt alone', () => {
  expect(agentPrompt(live(), { turn: 3, resume: 'SID' }, RESUMES)).toBe('third')
})

test('a session that begins late hears what was asked before, but for what was withdrawn', () => {
  expect(agentPrompt(live(), { turn: 3, resume: null }, RESUMES)).toBe('first\n\nthird')
  expect(agentPrompt(live(), { turn: 1, resume: null }, RESUMES)).toBe('first')
})

test('an agent without sessions hears the prompt alone', () => {
  expect(agentPrompt(live(), { turn: 3, resume: null }, { resume: false })).toBe('third')
})

test('a retry goes on where the session heard the prompt, and its prompt is that of the attempt', () => {
  const heard = { type: 'agent.session', turn: 3 }
  expect(retryPrompt(live([heard], 'SID'), 3)).toBe(GO_ON)
  expect(retryPrompt(live([heard]), 3)).toBe('third')
  expect(retryPrompt(live([], 'SID'), 3)).toBe('third')
  const again = { type: 'turn.again', turn: 3, prompt: GO_ON }
  expect(agentPrompt(live([heard, again], 'SID'), { turn: 3, resume: 'SID' }, RESUMES)).toBe(GO_ON)
  expect(retryPrompt(live([again], 'SID'), 3)).toBe('third')
})

test('at a terminal a person says how to go on, and nothing is asked again', () => {
  const heard = { type: 'agent.session', turn: 3 }
  const atTerminal = (from: LiveTask) => ({ ...from, record: { ...from.record, mode: 'interactive' } }) as LiveTask
  expect(retryPrompt(atTerminal(live([heard], 'SID')), 3)).toBe('')
  expect(retryPrompt(atTerminal(live([], 'SID')), 3)).toBe('third')
  const wordless = live([1, 3].map((turn) => ({ type: 'turn.edited', turn, prompt: '' })))
  expect(agentPrompt(wordless, { turn: 3, resume: null }, RESUMES)).toBe('')
  expect([hasUnheard(wordless, 3), hasUnheard(live(), 3), hasUnheard(live(), 1)]).toEqual([false, true, false])
})

test('a review is told what to look at, and what else was asked', () => {
  const told = (prompt: string) =>
    agentPrompt(
      live([{ type: 'turn.edited', turn: 1, prompt }]),
      { turn: 1, resume: null, review: { base: 'origin/main' } },
      RESUMES,
    )
  expect(told('')).toMatch(/^Review the changes .* `git diff origin\/main\.\.\.HEAD`.*find none\.$/s)
  expect(told('Mind the locks.')).toMatch(/left origin\/main: .*\n\nMind the locks\.$/s)
})

test('files are named at the end, with a mention where the agent wants one', () => {
  const files = [
    { name: 'shot.png', bytes: 70, media: 'image/png', path: '/in/shot.png', mention: true as const },
    { name: 'notes.txt', bytes: 12, media: null, path: '/in/notes.txt' },
  ]
  expect(agentPrompt(live(), { turn: 1, resume: null, files }, RESUMES)).toBe(
    'first\n\nFiles that go with this prompt:\n- @/in/shot.png\n- /in/notes.txt\n',
  )
})

test('the schema of the result stands behind each prompt, and an answer that does not fit is told why', () => {
  const result = { schema: { type: 'array' }, tries: 2 }
  const first = agentPrompt(live(), { turn: 1, resume: null, result }, RESUMES)
  expect(first).toMatch(/^first\n\nWhen you are done, .*\n\n```json\n\{"type":"array"\}\n```$/s)
  const began = { type: 'turn.started', turn: 3 }
  const heard = { type: 'agent.session', turn: 3 }
  const unfit = { type: 'result.unfit', turn: 3, problems: ['/ must be array'] }
  const again = retryPrompt(live([began, heard, unfit], 'SID'), 3)
  expect(again).toMatch(/^Your last message is not the result .*\n\n- \/ must be array\n\n/s)
  expect(retryPrompt(live([began, unfit]), 3)).toBe(`third\n\n${again}`)
  // The next attempt ended without an answer.
  expect(retryPrompt(live([began, heard, unfit, began], 'SID'), 3)).toBe(GO_ON)
})
