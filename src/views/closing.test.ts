import { describe, expect, test } from 'vitest'
import type { Event } from '../domain/event.ts'
import type { Outcome } from '../domain/outcome.ts'
import { closing } from './closing.ts'

const SESSION = { type: 'agent.session', session: 's-1' }
const lines = (outcome: Partial<Outcome>, events: readonly object[], cwd = '/home/me', model: string | null = null) =>
  linesOf(outcome, [SESSION, ...events], cwd, model)
const linesOf = (
  outcome: Partial<Outcome>,
  events: readonly object[],
  cwd = '/home/me',
  model: string | null = null,
) => {
  const { kind, url } = events.find((event): event is ReturnType<typeof created> => 'kind' in event) ?? created()
  const end = closing({ id: 't-1', repository: { kind, url }, provider: { model } }, cwd)
  for (const event of events) end.take({ type: 'agent.started', ...event } as Event)
  return end.lines({ result: 'done', class: 'ok', reason: '', exitCode: 0, ...outcome })
}
const created = (kind = 'clone', url: string | null = '/r/a') => ({ kind, url })
const changes = { files: 3, insertions: 12, deletions: 3 }
const kept = { type: 'work.kept', commits: [{ sha: 'a', subject: 'b' }], wip: null, changes }
const pushed = { type: 'work.pushed', remote: 'https://h/a.git', branch: 'berth/t-1', sha: 'bbbbbbbbbb' }
const usage = { type: 'agent.usage', usage: { inputTokens: 12_300, outputTokens: 40, costUsd: 0.12 } }

describe('what came of a turn, and what to type next', () => {
  test('work that was pushed elsewhere is fetched', () => {
    expect(lines({}, [created('clone', 'https://h/a.git'), kept, usage, pushed])).toEqual([
      '  3 files changed, +12 -3',
      '  pushed bbbbbbb to berth/t-1 at https://h/a.git',
      '  12.3k tokens in, 40 out, $0.12',
      '  berth diff t-1                       # what the agent changed',
      '  git fetch https://h/a.git berth/t-1  # its work, in a clone',
      '  berth send -f t-1 "..."              # a further prompt',
    ])
  })

  test('its pull request is named, and one that failed can be tried again', () => {
    const pr = { type: 'pr.opened', number: 7, url: 'https://h/a/pull/7\u001b[31m', state: 'draft' }
    expect(lines({}, [created(), kept, pushed, pr])).toContain('  draft pull request #7: https://h/a/pull/7')
    expect(lines({}, [created(), kept, pushed, { ...pr, type: 'pr.updated', state: 'merged' }])).toContain(
      '  pull request #7 (merged): https://h/a/pull/7',
    )
    const failed = lines({ result: 'failed', class: 'push' }, [
      ...[created(), kept, pushed],
      { type: 'pr.failed', reason: 'no drafts\u001b[31m' },
    ]).join('\n')
    expect(failed).toMatch(
      /the pull request failed: no drafts\n(.*\n)+ {2}berth pr t-1 +# try to open the pull request again/,
    )
    expect(failed).not.toContain('berth push')
  })

  test('each of several repositories is told, and what is not published can be', () => {
    const lib = { repository: 'lib' }
    const failed = { ...lib, type: 'push.failed', remote: '/l', branch: 'berth/t-1', reason: 'no' }
    const told = lines({ result: 'failed', class: 'push' }, [created(), kept, pushed, { ...kept, ...lib }, failed])
    expect(told.slice(0, 3)).toEqual([
      '  3 files changed, +12 -3',
      '  pushed bbbbbbb to berth/t-1 at https://h/a.git',
      '  lib: push failed: no',
    ])
    expect(told.join('\n')).toMatch(/berth push t-1 +# try to push it again/)
    const request = { ...lib, type: 'pr.failed', reason: 'no drafts' }
    const opened = lines({ result: 'failed', class: 'push' }, [{ ...pushed, ...lib }, request]).join('\n')
    expect(opened).toMatch(/lib: pushed [\s\S]*lib: the pull request failed[\s\S]*berth diff t-1[\s\S]*berth pr t-1/)
  })

  test.each(['/r/a', '/r/a/src/deep'])('in the repository itself, at %s, it is applied or checked out', (cwd) => {
    const commands = lines({}, [created(), kept, pushed], cwd).filter((line) => line.includes('#'))
    expect(commands.map((line) => line.split('  #')[0]?.trim())).toEqual([
      'berth diff t-1',
      'berth apply t-1',
      'berth checkout t-1',
      'berth send -f t-1 "..."',
    ])
    expect(lines({}, [created(), kept, pushed], '/r/another').join('\n')).toContain('git fetch')
  })

  test('of a copied folder there is nothing to fetch or push', () => {
    const patch = { type: 'work.patch', path: '/p', bytes: 9, changes }
    expect(lines({}, [created('copy'), patch]).map((line) => line.split('  #')[0]?.trim())).toEqual([
      '3 files changed, +12 -3',
      'berth diff t-1',
      'berth apply t-1',
      'berth send -f t-1 "..."',
    ])
  })

  test('what was kept can be pushed, what failed can be tried again', () => {
    const text = (outcome: Partial<Outcome>, ...events: object[]) => lines(outcome, [created(), ...events]).join('\n')
    const stopped = text({ result: 'stopped', class: 'stopped' }, kept)
    expect(stopped).toContain('1 commit kept, not pushed')
    expect(stopped).toMatch(/berth push t-1 +# push the kept work/)
    expect(stopped).toMatch(/berth resume t-1 +# try the turn again/)
    const failed = { type: 'push.failed', reason: 'protected\u001b[31m' }
    expect(text({ result: 'failed', class: 'push' }, kept, failed)).toMatch(
      /push failed: protected\n(.*\n)+ {2}berth push t-1 +# try to push it again/,
    )
    expect(text({ result: 'failed', class: 'push' }, kept, failed)).not.toContain('resume')
    expect(text({ result: 'died', class: 'oom' })).toMatch(/berth status -v t-1 +# all details/)
  })

  test('the model is the one that was asked for, else the one that wrote most', () => {
    const answer = (model: string, outputTokens: number) => ({
      type: 'gateway.usage',
      usage: { inputTokens: 9, cachedTokens: 0, reasoningTokens: 0, outputTokens },
      model,
    })
    const events = [created(), answer('small', 4), answer('big\u001b[31m', 5), answer('small', 0), usage]
    expect(lines({}, events)[0]).toBe('  12.3k tokens in, 40 out, $0.12, big')
    expect(lines({}, events, '/', 'asked')[0]).toBe('  12.3k tokens in, 40 out, $0.12, asked')
    expect(lines({}, [created(), usage])[0]).toBe('  12.3k tokens in, 40 out, $0.12')
  })

  test('an agent without sessions begins a new conversation', () => {
    const send = '  berth send -f t-1 "..."  # a further prompt, in a new conversation'
    expect(linesOf({}, [created()])).toEqual([send])
    expect(linesOf({}, [SESSION, created()])).toEqual(['  berth send -f t-1 "..."  # a further prompt'])
  })

  test('a further turn begins anew', () => {
    const nothing = { type: 'work.kept', commits: [], wip: null, changes: { files: 0, insertions: 0, deletions: 0 } }
    const again = [created(), kept, usage, pushed, { type: 'turn.started' }, nothing]
    expect(lines({}, again)).toEqual(['  berth send -f t-1 "..."  # a further prompt'])
  })
})
