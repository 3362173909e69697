import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { transcriptSuite } from '../../test/conformance/provider.ts'
import type { AgentEvent } from '../domain/event.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { gemini } from './gemini.ts'
import { opencode } from './opencode.ts'
import type { Provider } from './provider.ts'

const linesOf = ({ id }: Provider) =>
  readFileSync(new URL(`../../test/fixtures/sessions/${id}.jsonl`, import.meta.url), 'utf8')
    .split('\n')
    .slice(0, -1)

const ALL = [codex, claude, gemini, opencode]
for (const provider of ALL) transcriptSuite(provider, linesOf(provider))

const read = (provider: Provider, since = 0) => {
  const reader = provider.transcript?.reader(since)
  const said = linesOf(provider).flatMap((line) => reader?.line(line) ?? [])
  return { said, end: reader?.end() ?? null }
}

const wordOf = (event: AgentEvent): string => {
  switch (event.type) {
    case 'agent.asked':
      return `? ${event.text}`
    case 'agent.message':
      return `* ${event.text}`
    case 'agent.reasoning':
      return `  ${event.text}`
    case 'agent.tool.start':
      return `$ ${event.name}`
    case 'agent.file':
      return event.changes.map(({ path, kind }) => `${kind} ${path}`).join()
    default:
      return event.type
  }
}

const END = 'agent.tool.end'
const FILE = { codex: [], claude: ['$ Write', END], gemini: ['$ write_file', END] }
const CHANGE = { codex: 'add', claude: 'add', gemini: 'update' }

test.each([codex, claude, gemini])('$id: what was asked, said and done at the terminal', (provider) => {
  const { said } = read(provider)
  const id = provider.id as keyof typeof FILE
  expect(said.map(wordOf)).toEqual([
    '? the first prompt',
    '* I look.',
    '$ shell',
    END,
    '  I think of it.',
    '* Now the file.',
    ...FILE[id],
    `${CHANGE[id]} /work/made.txt`,
    '* All done.',
    '? typed words',
    '* typed and heard',
    '? once more',
    '* the third answer',
  ])
})

test('opencode: its database, as its program prints it', () => {
  const { said, end } = read(opencode)
  expect(said.map(wordOf)).toEqual([
    '? the first prompt',
    '* I look.',
    '$ shell',
    END,
    '  I think of it.',
    '* Now the file.',
    '$ invalid',
    END,
    '* All done.',
    '? typed words',
    '* typed and heard',
  ])
  const usage = { inputTokens: 4600, cachedTokens: 3700, outputTokens: 61, reasoningTokens: 16 }
  expect(end).toMatchObject({ session: 'ses_dd58f27e5ffeop9ju22v0bMVft', events: [{ type: 'agent.usage', usage }] })
})

test.each([codex, claude, gemini])('$id: a session that goes on tells its new turn alone', (provider) => {
  const all = { inputTokens: 6000, cachedTokens: 5000, outputTokens: 68, reasoningTokens: 16 }
  const thread = provider === codex ? { thread: all } : {}
  expect(read(provider).end?.events).toEqual([{ type: 'agent.usage', usage: all, ...thread }])
  const before = read(provider).end
  const since = (before?.at ?? 0) - 1000
  const { said, end } = read(provider, since)
  expect(said.map(wordOf)).toEqual(['? once more', '* the third answer'])
  const usage = { inputTokens: 1400, cachedTokens: 1300, outputTokens: 7, reasoningTokens: 0 }
  expect(end).toEqual({ session: before?.session, at: before?.at, events: [{ type: 'agent.usage', usage, ...thread }] })
})

test('only the files of a session are read', () => {
  const parts = ALL.map(({ transcript }) => transcript?.isPart.bind(transcript) ?? (() => false))
  const files = [
    '.codex/sessions/2026/11/30/rollout-2026-11-30T03-09-03-01a22a6d.jsonl',
    '.claude/projects/-work/f9523653.jsonl',
    '.gemini/tmp/work/chats/session-2026-11-30T03-11-920d9b1d.jsonl',
    '.berth/opencode-session.jsonl',
  ]
  expect(parts.map((isPart) => files.filter(isPart))).toEqual(files.map((file) => [file]))
  const others = [
    '.claude/projects/-work/f9/subagents/a.jsonl',
    '.codex/sessions/note.txt',
    '.gemini/tmp/work/logs.json',
  ]
  expect(others.filter((path) => parts.some((isPart) => isPart(path)))).toEqual([])
})
