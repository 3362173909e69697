import { describe, expect, it, test } from 'vitest'
import type { ContainerReport } from '../domain/container-report.ts'
import type { TaskStatus } from '../domain/task.ts'
import { statusText } from './status-text.ts'
import { plain } from './style.ts'
import { taskTable } from './task-table.ts'
import { shortRepository } from './words.ts'

const now = Date.UTC(2026, 0, 1, 12)
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()
const none = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 }

const record = (over: Partial<TaskStatus> = {}): TaskStatus => ({
  id: 't-01k3fz8e4m7qk2c9xd',
  name: null,
  title: 'Fix the bug',
  state: 'running',
  phase: 'agent',
  reason: null,
  outcome: null,
  exitCode: null,
  createdAt: ago(200),
  startedAt: ago(190),
  endedAt: null,
  provider: { id: 'codex', version: '0.169.0', model: null, args: [] },
  engine: 'docker',
  endpoint: 'unix:///var/run/docker.sock',
  isolation: 'container',
  policy: 'sandboxed',
  image: 'berth-agent:latest',
  imageDigest: null,
  container: null,
  kept: null,
  effective: [],
  repository: {
    kind: 'clone',
    url: 'https://host/o/n.git',
    ref: 'refs/heads/main',
    base: 'a'.repeat(40),
    branch: 'main',
    pushBranch: 'berth/x',
  },
  commits: [],
  head: null,
  wip: null,
  uncommitted: [],
  branches: [],
  pushed: null,
  pushError: null,
  session: null,
  usage: none,
  thread: null,
  labels: {},
  turns: [],
  warnings: [],
  workspace: null,
  stopping: false,
  waiting: null,
  priority: 0,
  position: null,
  activeMs: 0,
  activeSince: null,
  unreachable: null,
  clean: true,
  archived: false,
  emptied: false,
  seq: 9,
  ...over,
})

const done = record({
  id: 't-01k3fz8e4m7qk2c9xe',
  name: 'fix',
  state: 'done',
  phase: null,
  reason: 'codex finished its turn',
  endedAt: ago(60),
  createdAt: ago(90_000),
  startedAt: ago(185),
  usage: { ...none, inputTokens: 1200, outputTokens: 30 },
  head: 'b'.repeat(40),
  commits: [{ sha: 'b'.repeat(40), subject: 'Mend\u001b[31m it' }],
  pushed: { branch: 'berth/x', sha: 'b'.repeat(40), remote: 'https://host/o/n.git' },
  warnings: ['no limit of memory'],
  labels: { team: 'a' },
  effective: [{ setting: 'memory', asked: '8g', effective: 'none', enforced: false }],
  turns: [
    {
      turn: 1,
      state: 'done',
      attempt: 1,
      tries: 0,
      prompt: 'Fix it',
      queuedAt: ago(190),
      startedAt: ago(185),
      endedAt: ago(60),
      outcome: null,
      usage: null,
    },
  ],
})

describe('taskTable', () => {
  const changes = { files: 3, insertions: 12, deletions: 3 }
  const outcome = { result: 'failed', class: 'push', reason: 'protected', exitCode: 0 } as const
  const tasks = [
    record({ activeSince: ago(125), gatewayUsage: { ...none, inputTokens: 12_300, outputTokens: 55 } }),
    { ...done, changes, activeMs: 65_000, cost: 0.1234 },
    record({ state: 'failed', outcome, reason: 'protected', commits: done.commits, pushError: 'no', changes }),
    record({ state: 'done', changes: { files: 0, insertions: 0, deletions: 0 }, activeMs: 900 }),
    record({ stopping: true, title: 'a\u001b[2Jb '.repeat(40), repository: { ...done.repository, url: null } }),
  ]

  it('has a row a task, with what it produced', () => {
    expect(taskTable(tasks, { style: plain, now, width: undefined })).toEqual([
      'ID                    NAME  TITLE                                               STATE               CHANGED  WORK                        REASON                    TOOK       COST  AGENT  REPOSITORY   AGE',
      't-01k3fz8e4m7qk2c9xd        Fix the bug                                         running (agent)                                                                    2m5s  12.3k tok  codex  o/n:berth/x   3m',
      't-01k3fz8e4m7qk2c9xe  fix   Fix the bug                                         done                 +12 -3  pushed berth/x              codex finished its turn   1m5s      $0.12  codex  o/n:berth/x   1d',
      't-01k3fz8e4m7qk2c9xd        Fix the bug                                         failed (push)        +12 -3  kept 1 commit, push failed  protected                                  codex  o/n:berth/x   3m',
      't-01k3fz8e4m7qk2c9xd        Fix the bug                                         done                nothing  none                                                 900ms             codex  o/n:berth/x   3m',
      't-01k3fz8e4m7qk2c9xd        ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab a…  running (stopping)                                                                                  codex                3m',
    ])
  })

  it.each([20, 40, 60, 80, 100, 120])(
    'on %i columns whole columns go, the task, its state and its work last',
    (width) => {
      const lines = taskTable(tasks.slice(0, 4), { style: plain, now, width })
      if (width >= 40) expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
      expect(lines[0]?.startsWith('ID ')).toBe(true)
      expect(lines[1]).toContain(width >= 60 ? 'running (agent)' : '')
      expect(lines[0]?.includes('CHANGED')).toBe(width >= 60)
      expect(lines[0]?.includes('WORK')).toBe(width >= 80)
    },
  )
})

describe('statusText', () => {
  it('names the model that ran where none was asked for', () => {
    const models = [{ model: 'big\u001b[2J', usage: none }]
    const agent = (model: string | null) =>
      statusText(record({ provider: { ...record().provider, model }, models }), { style: plain, now })
    expect(agent(null)).toMatch(/^agent {6}codex 0\.169\.0, big$/m)
    expect(agent('asked')).toMatch(/^agent {6}codex 0\.169\.0, asked$/m)
  })

  it("shows the gateway's count where it is another one than the agent's", () => {
    const usage = { ...none, inputTokens: 100, outputTokens: 10 }
    const lines = (gatewayUsage: typeof none) => {
      const turns = [{ endedAt: ago(1), usage, gatewayUsage }] as unknown as TaskStatus['turns']
      return statusText(record({ usage, gatewayUsage, turns }), { style: plain, now }).split('\n')
    }
    expect(lines(usage).filter((line) => line.startsWith('gateway'))).toEqual([])
    expect(lines({ ...usage, inputTokens: 1100 })).toContain(
      'gateway    counted 1000 tokens more than the agent reported: 1,100 tokens in, 10 out',
    )
    expect(lines({ ...usage, outputTokens: 9 })).toContain(
      'gateway    counted 1 token less than the agent reported: 100 tokens in, 9 out',
    )
  })

  it('tells what matters', () => {
    expect(statusText(record(), { style: plain, now })).toBe(`task       t-01k3fz8e4m7qk2c9xd
title      Fix the bug
state      running (agent)
agent      codex 0.169.0
engine     docker, berth-agent:latest, sandboxed
source     https://host/o/n.git, main, at aaaaaaa
time       created 3m ago, running for 3m10s`)
  })

  it('tells what a blocked task asks, whom to ask, and where its files are', () => {
    const asks = {
      state: 'blocked',
      reason: 'a login is missing',
      operatorContact: 'ann',
      tags: ['night', 'one'],
    } as const
    const output = { state: '/out/none/a/state.json' }
    const lines = statusText(record({ ...asks, output }), { style: plain, now }).split('\n')
    for (const line of [
      'question   a login is missing',
      'contact    ann',
      'tags       night, one',
      'output     /out/none/a/state.json',
    ])
      expect(lines).toContain(line)
    expect(lines.some((line) => line.startsWith('reason'))).toBe(false)
  })

  it('shows the container, what was changed, what it cost, and a prompt that says more than the title', () => {
    const prompt = ['Fix the bug', ...Array.from({ length: 20 }, (_, i) => `line ${i}`)].join('\n')
    const lines = statusText(
      record({
        prompt,
        cost: 1.5,
        container: { id: 'c0ffee'.repeat(8), name: 'berth-x-1-1', state: 'running', pid: 7 },
        changes: { files: 1, insertions: 1, deletions: 0 },
      }),
      { style: plain, now },
    ).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'prompt     Fix the bug',
        '           line 0',
        '           [9 lines more]',
        'container  berth-x-1-1, c0ffeec0ffee, running, pid 7',
        'cost       $1.50',
        'changed    1 file changed, +1 -0',
      ]),
    )
    expect(statusText(record({ prompt: 'Fix the bug' }), { style: plain, now })).not.toContain('prompt')
  })

  it('tells everything when asked', () => {
    const at = '2026-11-26T10:00:01.250Z'
    const told = { turn: 1, at, container: 'berth-x-1-1', exitCode: null, signal: null }
    const report: ContainerReport = {
      task: done.id,
      name: 'berth-x-1-1',
      now: {
        id: 'c0ffee',
        state: 'running',
        pid: 7,
        image: 'i',
        startedAt: at,
        finishedAt: null,
        exitCode: null,
        oom: false,
      },
      stats: { memoryBytes: 3 * 1024 ** 2, cpuNanos: 2_500_000_000, cpuPercent: 35, pids: 4 },
      unreachable: null,
      ended: { exitCode: 137, oom: true, error: null },
      events: [
        { ...told, action: 'start' },
        { ...told, action: 'kill', signal: '9' },
        { ...told, action: 'die', exitCode: 137 },
      ],
    }
    expect(statusText(done, { style: plain, now, report })).toBe(`task       t-01k3fz8e4m7qk2c9xe, fix
title      Fix the bug
state      done
reason     codex finished its turn
agent      codex 0.169.0
engine     docker, berth-agent:latest, sandboxed
source     https://host/o/n.git, main, at aaaaaaa
time       created 1d ago, took 2m5s
usage      1,200 tokens in, 30 out
commits    1
           bbbbbbb Mend it
pushed     bbbbbbb to berth/x at https://host/o/n.git
warning    no limit of memory
endpoint   unix:///var/run/docker.sock
container  berth-x-1-1, running, pid 7
live       CPU 35%, 2s500ms of CPU, memory 3 MiB, 4 processes
ended      exit code 137, out of memory
events     10:00:01.250 turn 1: start
           10:00:01.250 turn 1: kill, signal 9
           10:00:01.250 turn 1: die, exit code 137
labels     team=a
memory     asked 8g, in force none, not enforced
turn 1     done, 2m5s, "Fix it"`)
  })
})

test('a list names the pull request in place of the branch', () => {
  const pr = { number: 7, url: 'https://host/o/n/pull/7', state: 'open' } as const
  const [, row] = taskTable([{ ...done, pr }], { style: plain, now, width: undefined })
  expect(row).toContain('pull request #7')
  expect(row).not.toContain('pushed')
})

describe('the pull request in the status', () => {
  const pr = { number: 7, url: 'https://host/o/n/pull/7', state: 'open' } as const
  const shown = (more: object) =>
    statusText({ ...done, ...more }, { style: plain, now })
      .split('\n')
      .filter((line, at, all) => /^pr /.test(line) || /^pr /.test(all[at - 1] ?? ''))
  it.each([
    ['as the journal has it', {}, 'warning    no limit of memory'],
    [
      'with its checks',
      { checks: 'pending', reviews: { approved: 0, changesRequested: 0 } },
      '           checks pending',
    ],
    [
      'with its reviews',
      { checks: 'none', reviews: { approved: 2, changesRequested: 1 } },
      '           2 approvals, changes requested by 1 reviewer',
    ],
    [
      'and why they are unknown',
      { checks: null, reviews: null, reason: 'no\u001b[31m answer' },
      '           no answer',
    ],
  ])('%s', (_, more, then) => {
    expect(shown({ pr: { ...pr, ...more } })).toEqual(['pr         pull request #7: https://host/o/n/pull/7', then])
  })

  it('and why there is none', () => {
    expect(shown({ prError: 'no drafts' })[0]).toBe('pr         no drafts')
  })
})

describe('shortRepository', () => {
  it.each([
    ['https://host/o/n.git', 'o/n'],
    ['git@host:o/n.git', 'o/n'],
    ['ssh://git@host:22/o/n', 'o/n'],
    ['file:///srv/repos/n.git', 'repos/n'],
    ['/home/me/project', 'me/project'],
    [null, ''],
  ])('%s', (url, short) => expect(shortRepository(url)).toBe(short))
})

test('the repositories of a task are listed together, and shown one after the other', () => {
  const one = record({ state: 'failed', changes: { files: 1, insertions: 2, deletions: 1 } })
  const pushed = { branch: `berth/${one.id}`, sha: 'b'.repeat(40), remote: 'https://host/o/n.git' }
  const { repository, commits, wip, uncommitted, branches, changes = { files: 0, insertions: 0, deletions: 0 } } = one
  const lib = {
    ...{ commits, wip, uncommitted, branches, changes, head: 'c'.repeat(40), pushed: null, pushError: 'not today' },
    repository: { ...repository, url: 'https://host/o/lib.git', folder: 'lib' },
  }
  const task = { ...one, repository: { ...repository, folder: 'n' }, pushed, further: { lib } }
  const [, row = ''] = taskTable([task], { style: plain, now, width: undefined })
  expect(row).toMatch(/\+4 -2 +n: pushed; lib: kept 1 file /)
  expect(row).toContain('o/n +1')
  const text = statusText(task, { style: plain, now })
  expect(text).toMatch(/^repository n: [\s\S]*^pushed [\s\S]*^repository lib: .*lib\.git[\s\S]*^push +not today$/m)
  const both = { ...task, state: 'done' as const, further: { lib: { ...lib, pushed, pushError: null } } }
  const [, done = ''] = taskTable([{ ...both, reason: `pushed ${pushed.branch} to n and lib` }], {
    ...{ style: plain, now, width: undefined },
  })
  expect(done).toMatch(/ pushed {2,}/)
  expect(done).not.toContain('to n and lib')
})
