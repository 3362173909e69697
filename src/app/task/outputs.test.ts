import { readdirSync, readFileSync, statSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from './live-task.ts'
import { writeOutputs } from './outputs.ts'
import { openRaw } from './raw-log.ts'

const SHA = 'a'.repeat(40)
const RECORD = {
  id: 't-one',
  title: 'fix the flaky test',
  state: 'done',
  reason: 'it is fixed',
  outcome: { result: 'done', class: 'ok' },
  exitCode: 0,
  startedAt: '2026-01-02T03:04:05.000Z',
  endedAt: '2026-01-02T03:05:05.000Z',
  repository: { url: 'https://git.example/team/app.git', ref: 'refs/heads/main', base: SHA },
  head: 'b'.repeat(40),
  pr: { number: 7, url: 'https://host/o/n/pull/7', state: 'open' },
  pushed: { branch: 'berth/t-one', sha: 'b'.repeat(40), remote: 'https://git.example/team/app.git' },
}
const FAILED = {
  ...RECORD,
  state: 'failed',
  reason: 'the agent ended with exit code 3',
  outcome: { result: 'failed', class: 'agent' },
  exitCode: 3,
  pushed: null,
  pr: undefined,
}
const MESSAGES = [
  { type: 'agent.message', turn: 1, text: 'of the turn before' },
  { type: 'agent.message', turn: 2, text: 'I look at it' },
  { type: 'agent.message', turn: 2, text: 'The lock is **missing**.' },
]

const exitFile = z.strictObject({
  task: z.string(),
  turn: z.int(),
  result: z.enum(['done', 'failed', 'stopped', 'died']).nullable(),
  class: z.string().nullable(),
  exitCode: z.int().nullable(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  repository: z.string().nullable(),
  ref: z.string().nullable(),
  base: z.string().nullable(),
  head: z.string().nullable(),
  pushed: z.strictObject({ branch: z.string(), sha: z.string(), remote: z.string() }).nullable(),
  pr: z.strictObject({ number: z.int(), url: z.string(), state: z.string() }).nullable(),
})

/** What lies in out/ after the second turn of a task with this record and these messages. */
const written = async (record: object, messages: readonly object[] = MESSAGES) => {
  const folder = temporaryFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  const raw = openRaw(folder.at('raw/2-1.jsonl'))
  const frames = [
    { k: 'hello', worker: '1', pid: 7 },
    { k: 'out', s: 'o', d: 'to stdout\n' },
    { k: 'out', s: 'e', d: 'to stderr\n' },
    { k: 'out', s: 'o', b: Buffer.from([0xff, 0x00, 0x0a]).toString('base64') },
  ]
  raw.append(frames.map((frame, at) => JSON.stringify({ v: 1, n: at + 1, t: 1, ...frame })))
  raw.close()
  const live = { folder: folder.path, record, journal: { select: () => messages } } as unknown as LiveTask
  await writeOutputs({ live, plan: { turn: 2, attempt: 1, order: { run: null } } as Plan })
  const read = (name: string) => readFileSync(folder.at(`out/${name}`))
  expect(readdirSync(folder.at('out')).toSorted()).toEqual(['exit.json', 'run.log', 'summary.md'])
  for (const name of readdirSync(folder.at('out')))
    expect(statSync(folder.at(`out/${name}`)).mode & 0o777, name).toBe(0o600)
  return {
    log: read('run.log'),
    summary: read('summary.md').toString(),
    exit: JSON.parse(read('exit.json').toString()),
  }
}

test('run.log has both streams of the agent in their order, byte for byte', async () => {
  const { log } = await written(RECORD)
  expect(log).toEqual(Buffer.concat([Buffer.from('to stdout\nto stderr\n'), Buffer.from([0xff, 0x00, 0x0a])]))
})

test('exit.json names exit code, times and repository', async () => {
  const { exit } = await written(RECORD)
  expect(exitFile.parse(exit)).toEqual({
    ...{ task: 't-one', turn: 2, result: 'done', class: 'ok', exitCode: 0 },
    ...{ startedAt: RECORD.startedAt, endedAt: RECORD.endedAt },
    ...{ repository: RECORD.repository.url, ref: 'refs/heads/main', base: SHA, head: RECORD.head },
    pushed: RECORD.pushed,
    pr: RECORD.pr,
  })
})

test('summary.md has the result and the last message of the turn', async () => {
  const { summary } = await written(RECORD)
  expect(summary).toBe('# fix the flaky test\n\ndone: it is fixed\n\nThe lock is **missing**.\n')
})

test('a failed turn has all three files, and the summary says why, with no word of an earlier turn', async () => {
  const { log, summary, exit } = await written(FAILED, MESSAGES.slice(0, 1))
  expect(summary).toBe('# fix the flaky test\n\nfailed: the agent ended with exit code 3\n\n\n')
  expect(exitFile.parse(exit)).toMatchObject({ result: 'failed', class: 'agent', exitCode: 3, pushed: null, pr: null })
  expect(log.toString()).toContain('to stderr')
})
