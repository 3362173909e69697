import { styleText } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordedStreams } from '../../test/conformance/recorded.ts'
import type { AgentEvent, Event, EventBody } from '../domain/event.ts'
import { codexParser } from '../providers/codex-parser.ts'
import { plain } from './style.ts'
import { transcript } from './transcript.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString()
const journal = (bodies: readonly EventBody[]): readonly Event[] =>
  bodies.map((body, i) => ({ v: 1, seq: i + 1, at: at(i), ...body }))
const show = (bodies: readonly EventBody[], style = plain) => journal(bodies).flatMap(transcript({ style }))
const inTurn = (events: readonly AgentEvent[]): readonly EventBody[] => events.map((event) => ({ turn: 1, ...event }))

const recorded = (name: string): readonly EventBody[] => {
  const stream = recordedStreams('codex').find((one) => one.name === name)!
  const parser = codexParser({ previousThread: null, resume: null })
  return inTurn([...stream.lines.flatMap(parser.line), ...parser.end(stream.exit).events])
}

const sha = (letter: string) => letter.repeat(40)

describe('transcript', () => {
  it('names no number of commits that were made again, as those that an earlier turn pushed stay', () => {
    const commits = ['a', 'b'].map((letter) => ({ sha: sha(letter), subject: letter }))
    expect(show([{ type: 'work.amended', turn: 2, before: sha('c'), head: sha('a'), signed: 'api', commits }])).toEqual(
      ['made the new commits again, signed by the forge, now aaaaaaa'],
    )
  })

  it('shows a denial once a host and turn, with the command that allows it, and nothing that a terminal would obey', () => {
    const denial = (
      host: string | null,
      more: Partial<Extract<EventBody, { type: 'egress.denied' }>> = {},
    ): EventBody => ({
      type: 'egress.denied',
      turn: 1,
      host,
      port: host === null ? null : 443,
      reason: `no rule of this task allows ${host}:443`,
      allow: host,
      count: 1,
      gateway: 'g',
      line: 1,
      ...more,
    })
    const started: EventBody = { type: 'turn.started', turn: 1, attempt: 1, container: 'c' }
    const bodies: readonly EventBody[] = [
      started,
      denial('a.example'),
      denial('b.example', { allow: 'b.example GET /x', reason: 'no \u001b[2J rule' }),
      denial('c.example', { allow: null, reason: 'c.example has a reserved address' }),
      denial('a.example', { count: 7 }),
      denial(null, { reason: 'further hosts' }),
      { ...started, turn: 2 },
      denial('a.example', { turn: 2 }),
      { type: 'egress.rule', target: 'npm', effect: 'allow' },
      { type: 'egress.rule', target: 'npm', effect: 'deny' },
    ]
    expect(journal(bodies).flatMap(transcript({ style: plain, id: 't-1' }))).toEqual([
      '! denied: no rule of this task allows a.example:443; `berth allow t-1 a.example` allows it',
      "! denied: no rule; `berth allow t-1 'b.example GET /x'` allows it",
      '! denied: c.example has a reserved address',
      '! denied: further hosts; `berth net t-1 --denied` lists them',
      '! denied: no rule of this task allows a.example:443; `berth allow t-1 a.example` allows it',
      '[allowed npm]',
      '[denied npm]',
    ])
  })

  it('shows a turn from its start to its push', () => {
    const lines = show([
      { type: 'turn.queued', turn: 1, prompt: 'p', promptBytes: 1 },
      { type: 'turn.started', turn: 1, attempt: 1, container: 'berth-t-1-1-1' },
      { type: 'turn.phase', turn: 1, phase: 'preparing' },
      {
        type: 'source.ready',
        turn: 1,
        url: 'https://host/o/n',
        ref: 'refs/heads/main',
        base: sha('a'),
        branch: 'main',
      },
      {
        type: 'container.created',
        turn: 1,
        id: 'x',
        name: 'berth-t-1-1-1',
        engine: 'docker',
        image: 'berth-agent',
        digest: null,
      },
      { type: 'turn.phase', turn: 1, phase: 'agent' },
      { type: 'agent.started', turn: 1 },
      ...recorded('hello'),
      ...recorded('patch').slice(1, 2),
      { type: 'container.exited', turn: 1, exitCode: 0, oom: false },
      {
        type: 'work.kept',
        turn: 1,
        head: sha('b'),
        base: sha('a'),
        branches: ['side'],
        uncommitted: ['made.txt'],
        committed: true,
        wip: null,
        commits: [{ sha: sha('b'), subject: 'Add made.txt' }],
        changes: { files: 2, insertions: 12, deletions: 3 },
      },
      { type: 'work.pushed', turn: 1, remote: 'https://host/o/n', branch: 'berth/t-1', sha: sha('b') },
      {
        type: 'turn.ended',
        turn: 1,
        outcome: { result: 'done', class: 'ok', reason: 'codex finished its turn', exitCode: 0 },
      },
    ])
    const session = recorded('hello').find((event) => event.type === 'agent.session')?.session
    expect(lines.join('\n')).toBe(`prompt: p
[preparing]
[source: https://host/o/n main at aaaaaaa]
[container berth-t-1-1-1 of berth-agent]
[the agent works]
[session ${session}]
  thinking about it
* I will write the file.
$ echo 'it''s' "$HOME" > made.txt && cat made.txt
    its /home/agent
  took 1s
$ ls /nowhere; exit 3
    ls: cannot access '/nowhere': No such file or directory
  exit code 3 after 1s
* All done.
[3,150 tokens in (800 cached), 90 out]
+ /work/made.txt
1 commit, 2 files changed, +12 -3
  bbbbbbb Add made.txt
  with 1 file the agent left uncommitted
  other branches: side
pushed bbbbbbb to berth/t-1 at https://host/o/n
done after 19s: codex finished its turn`)
  })

  it('shows what went wrong', () => {
    const lines = show([
      { type: 'turn.queued', turn: 2, prompt: 'and\nmore', promptBytes: 8 },
      { type: 'turn.started', turn: 2, attempt: 2, container: 'c' },
      { type: 'notice', level: 'warning', text: 'no limit\nof memory here' },
      { type: 'agent.error', turn: 2, class: 'auth', text: 'status 401' },
      {
        type: 'gateway.verdict',
        turn: 2,
        verdict: {
          class: 'auth',
          status: 401,
          message: 'the model refused the key',
          gateway: 'g',
          line: 1,
          fatal: true,
        },
      },
      { type: 'stop.requested', turn: 2, by: 'verdict', reason: 'the model refused the key' },
      { type: 'untrusted', turn: 2, text: '{"v":1}' },
      { type: 'output.dropped', turn: 2, bytes: 2048 },
      { type: 'container.exited', turn: 2, exitCode: 137, oom: true },
      { type: 'push.failed', turn: 2, remote: 'r', branch: 'b', reason: 'protected' },
      { type: 'pr.failed', turn: 2, reason: 'no\ndrafts' },
      {
        type: 'turn.ended',
        turn: 2,
        outcome: { result: 'failed', class: 'auth', reason: 'the model refused the key', exitCode: 1 },
      },
    ])
    expect(lines).toEqual([
      'turn 2, prompt: and',
      '  more',
      '[attempt 2]',
      '! warning: no limit of memory here',
      '! status 401',
      '! model: the model refused the key',
      '! stopping: the model refused the key',
      '! output that imitates Berth\'s own: {"v":1}',
      '! 2 KiB of output over the limit were dropped',
      '! the container ran out of memory',
      '! push to b at r failed: protected',
      '! the pull request failed: no drafts',
      'failed (auth) after 10s: the model refused the key',
    ])
  })

  it('shows the model, and of a long prompt the beginning', () => {
    const task = { id: 't-1', provider: { id: 'codex' }, request: { model: 'gpt-5.1' }, engine: { id: 'docker' } }
    const prompt = Array.from({ length: 30 }, (_, i) => `line ${i}`).join('\n')
    const lines = show([
      { type: 'task.created', task } as unknown as EventBody,
      { type: 'turn.queued', turn: 1, prompt, promptBytes: 1 },
    ])
    expect(lines.slice(0, 3)).toEqual(['[task t-1: codex with gpt-5.1 on docker]', 'prompt: line 0', '  line 1'])
    expect(lines.at(-1)).toBe('  [22 lines more]')
    expect(lines.length).toBe(1 + 8 + 1)
  })

  it('keeps the output of a tool short, and says whose it is where calls overlap', () => {
    const output = Array.from({ length: 100 }, (_, i) => `line ${i}`).join('\n')
    const lines = show(
      inTurn([
        { type: 'agent.tool.start', id: 'a', name: 'shell', input: 'seq' },
        { type: 'agent.tool.start', id: 'b', name: 'db.query', input: '{"q":1}' },
        { type: 'agent.tool.end', id: 'a', name: 'shell', ok: true, exitCode: 0, output },
        { type: 'agent.tool.end', id: 'b', name: 'db.query', ok: false, output: '' },
      ]),
    )
    expect(lines.slice(0, 4)).toEqual(['$ seq', '> db.query {"q":1}', '  (seq)', '    line 0'])
    expect(lines).toContain('    [88 lines more]')
    expect(lines.at(-1)).toBe('  failed after 2s')
    expect(lines.length).toBe(3 + 4 + 1 + 8 + 1 + 2)
  })

  it('colours by the style it is given, nothing else', () => {
    const style = (format: Parameters<typeof plain>[0], text: string) =>
      styleText(format, text, { validateStream: false })
    expect(show(inTurn([{ type: 'agent.error', class: 'agent', text: 'no' }]), style)).toEqual([
      '\u001b[31m! no\u001b[39m',
    ])
  })

  it('says nothing of events it does not know', () => {
    const strange = [
      { type: 'agent.new', turn: 1 },
      { type: 'something', turn: 1 },
    ] as unknown as readonly EventBody[]
    expect(show(strange)).toEqual([])
  })

  it('lets no control character of a stranger reach the terminal', () => {
    const evil = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\u001b[2J', '\u001b]0;x\u0007', '\r', '\n', '\u009b'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
    })
    fc.assert(
      fc.property(evil, (text) => {
        const lines = show([
          ...inTurn([
            { type: 'agent.session', session: text },
            { type: 'agent.message', text },
            { type: 'agent.reasoning', text },
            { type: 'agent.tool.start', id: '1', name: text, input: text },
            { type: 'agent.tool.start', id: '2', name: 'shell', input: text },
            { type: 'agent.tool.end', id: '1', name: text, ok: false, output: text },
            { type: 'agent.file', changes: [{ path: text, kind: 'add' }] },
            { type: 'agent.notice', text },
            { type: 'agent.error', class: 'agent', text },
            { type: 'agent.output', stream: 'stderr', text },
          ]),
          { type: 'notice', level: 'info', text },
          { type: 'untrusted', turn: 1, text },
          { type: 'source.ready', turn: 1, url: text, ref: text, base: text, branch: null },
          {
            type: 'work.kept',
            turn: 1,
            head: text,
            base: null,
            commits: [{ sha: sha('a'), subject: text }],
            branches: [text],
            uncommitted: [],
            committed: false,
            wip: null,
          },
          { type: 'push.failed', turn: 1, remote: text, branch: text, reason: text },
          { type: 'pr.opened', turn: 1, number: 1, url: text, state: 'open', head: text, base: text },
          { type: 'pr.failed', turn: 1, reason: text },
          { type: 'turn.ended', turn: 1, outcome: { result: 'failed', class: 'agent', reason: text, exitCode: 1 } },
        ])
        for (const line of lines) expect(line).not.toMatch(/\p{Cc}/u)
      }),
    )
  })
})
