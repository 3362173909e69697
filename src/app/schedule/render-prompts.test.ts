import { afterEach, beforeEach, expect, test } from 'vitest'
import { endOf, journaledTasks } from '../../../test/fixtures/journaled-tasks.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Plan } from '../../plan/plan.ts'
import { askedPrompt, attemptPrompt, queuedPrompts } from '../task/turn-prompts.ts'
import type { Entry } from './registry.ts'
import { renderPrompts } from './render-prompts.ts'

const [FIRST, PLAN_TASK, ID] = ['0', '1', '2'].map((digit) => `t-${digit.repeat(18)}`) as [string, string, string]
const AFTER = { after: [{ name: 'plan', task: PLAN_TASK }] }

let folder: ReturnType<typeof temporaryFolder>
let tasks: ReturnType<typeof journaledTasks>
beforeEach(() => {
  folder = temporaryFolder()
  tasks = journaledTasks(folder.path)
})
afterEach(() => folder[Symbol.dispose]())

const render = ({ live }: Entry, turn = 1) => renderPrompts(tasks.scheduler, live, { turn } as Plan)
const says = (text: string) => ({ type: 'agent.message', turn: 1, text }) as const
const rendered = ({ live }: Entry) => [...live.journal.select('turn.rendered')].map(({ turn }) => turn)

/** A task with that last word, which is over. */
const done = async (id: string, text: string, request = {}) => {
  const entry = await tasks.begin({ id, request })
  await entry.live.commit(says(text), endOf('done', 'good'))
  return entry
}

test('the agent reads the results, and the queue shows what the person wrote', async () => {
  await done(PLAN_TASK, 'first this, then that')
  const entry = await tasks.begin({ id: ID, prompt: 'Do:\n{{results.plan.text}}', request: AFTER })
  await render(entry)
  expect(attemptPrompt(entry.live, 1)).toContain('```\nfirst this, then that\n```')
  expect(queuedPrompts(entry.live)).toMatchObject([{ prompt: 'Do:\n{{results.plan.text}}' }])
  expect(entry.live.record.turns[0]?.prompt).toBe('Do:')
})

test('the next supervisor, and the next attempt, read the same', async () => {
  const plan = await done(PLAN_TASK, 'this {{results.plan.branch}}')
  const entry = await tasks.begin({ id: ID, prompt: '{{results.plan.text}}', request: AFTER })
  await render(entry)
  const prompt = askedPrompt(entry.live, 1)
  await plan.live.commit(says('something else'))
  await render(entry)
  await entry.live.commit(endOf('failed', 'no'), { type: 'turn.again', turn: 1, attempt: 2, prompt })
  await render(entry)
  expect(attemptPrompt(entry.live, 1)).toBe(prompt)
  expect(rendered(entry)).toEqual([1])
})

test('an edit is rendered anew', async () => {
  await done(PLAN_TASK, 'this')
  const entry = await tasks.begin({ id: ID, prompt: '{{results.plan.text}}', request: AFTER })
  await render(entry)
  await entry.live.commit({ type: 'turn.edited', turn: 1, prompt: 'no: {{results.plan.text}}', promptBytes: 25 })
  await render(entry)
  expect(askedPrompt(entry.live, 1)).toMatch(/^no: \n\(text of plan/)
})

test('a result may come from one that the other one began after', async () => {
  await done(FIRST, 'the origin')
  await done(PLAN_TASK, 'this', { after: [{ name: 'first', task: FIRST }] })
  const entry = await tasks.begin({ id: ID, prompt: '{{results.first.text}}', request: AFTER })
  await render(entry)
  expect(askedPrompt(entry.live, 1)).toContain('the origin')
})

test('prompts of earlier turns, which the agent reads too, are rendered; withdrawn ones are not', async () => {
  await done(PLAN_TASK, 'this')
  const entry = await tasks.begin({ id: ID, prompt: '{{results.plan.text}}', request: AFTER })
  const prompt = 'more {{results.plan.text}}'
  await entry.live.commit(
    { type: 'turn.queued', turn: 2, prompt, promptBytes: 26 },
    { type: 'turn.queued', turn: 3, prompt, promptBytes: 26 },
    { type: 'turn.withdrawn', turn: 2 },
    endOf('failed', 'no'),
  )
  await render(entry, 3)
  expect(rendered(entry)).toEqual([1, 3])
})

test.each([
  ['{{results.other.text}}', {}, 'results.other: the task begins after no "other"'],
  ['{{results.plan.txt}}', {}, 'there is no field "txt"'],
])('%s fails the turn', async (prompt, more, reason) => {
  await done(PLAN_TASK, 'this')
  const entry = await tasks.begin({ id: ID, prompt, request: { ...AFTER, ...more } })
  await render(entry)
  expect(entry.live.record).toMatchObject({ state: 'failed', outcome: { class: 'setup' } })
  expect(entry.live.record.reason).toContain(reason)
})

test('a task that was removed has no results: the turn fails, unless it runs all the same', async () => {
  const prompt = 'on {{results.plan.text}}'
  const strict = await tasks.begin({ id: ID, prompt, request: AFTER })
  await render(strict)
  expect(strict.live.record.reason).toContain('which was removed')
  const lax = await tasks.begin({ id: FIRST, prompt, request: { ...AFTER, afterFailed: 'run' } })
  await render(lax)
  expect(askedPrompt(lax.live, 1)).toBe('on \n(text of plan: none)')
})

test('a task that begins after none keeps its braces', async () => {
  const entry = await tasks.begin({ id: ID, prompt: '{{results.plan.text}}' })
  await render(entry)
  expect(rendered(entry)).toEqual([])
})
