import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'

describe.each(anyEngine())('fork on $name', ({ flag, name }) => {
  const t = testBench('test')

  const USAGE = { input: 100, output: 10 }
  const start = async (...args: readonly string[]) => {
    const job = ['--engine', flag, '--repo', t.remote.url, '--branch', 'main', '--base-url', t.model.url]
    return (await t.b.run(['start', ...job, ...args, 'first prompt'])).stdout.trim()
  }
  const done = async (id: string) =>
    expect(await t.b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
  const play = (steps: NonNullable<Scenario['steps']>) => {
    t.model.reset()
    t.model.load({ steps, usage: USAGE })
  }
  const shell = (command: string, text: string) => [
    { text: `${text}, now`, shell: command },
    { text: `${text}, ended` },
  ]
  const heard = () => t.model.requests.map(({ text = '' }) => text).join('\n')
  const toolOutput = async (id: string) =>
    (await t.b.events(id)).flatMap((event) => (event.type === 'agent.tool.end' ? [event.output.trim()] : [])).at(-1)

  /** A task of two turns, each with a file of its own. */
  const twoTurns = async () => {
    play([...shell('echo one > one.txt', 'in the first'), ...shell('echo two > two.txt', 'in the second')])
    const id = await start()
    await done(id)
    await t.b.run(['send', id, 'second prompt'])
    await done(id)
    return id
  }

  test('at a turn: its files and its session, and nothing of the turns behind it; pushed to a branch of its own', async () => {
    const id = await twoTurns()
    const before = await t.b.status(id)
    play(shell('ls; echo three > three.txt', 'in the fork'))
    const ran = await t.b.run(['fork', id, '--turn', '1', '--name', 'other', 'third prompt'])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const fork = ran.stdout.trim()
    expect((await t.b.run(['rm', id])).code).toBe(0)
    await done(fork)

    expect(heard().includes('first prompt')).toBe(true)
    expect(heard().includes('in the first, ended')).toBe(true)
    expect(heard().includes('third prompt')).toBe(true)
    expect(/second prompt|in the second/.test(heard())).toBe(false)
    expect(await toolOutput(fork)).toMatch(/^README\.md\n(.*\n)*one\.txt$/)
    expect(git(t.remote.bare, ['ls-tree', '--name-only', `berth/${fork}`]).split('\n')).toEqual(
      expect.arrayContaining(['one.txt', 'three.txt']),
    )
    expect(git(t.remote.bare, ['ls-tree', '--name-only', `berth/${fork}`])).not.toContain('two.txt')
    expect(git(t.remote.bare, ['rev-parse', `berth/${id}`])).toBe(before.head)

    const record = await t.b.status('other')
    expect(record).toMatchObject({
      id: fork,
      title: 'third prompt',
      session: before.session,
      fork: { task: id, turn: 1 },
      usage: { inputTokens: 200, outputTokens: 20 },
      turns: [{ turn: 1, state: 'done', usage: { inputTokens: 200 } }],
    })
    expect((await t.b.run(['status', fork])).stdout).toContain(`fork of    ${id} at the end of turn 1\n`)

    play(shell('cat one.txt three.txt', 'in the second of the fork'))
    await t.b.run(['send', fork, 'fourth prompt'])
    await done(fork)
    expect(await toolOutput(fork)).toBe('one\nthree')
    expect(heard().includes('in the fork, ended')).toBe(true)
  })

  if (name !== 'docker') return

  test('without a turn at the last one, with what was not committed; without a prompt it is told to go on', async () => {
    const work =
      'echo mine > mine.txt; git add mine.txt; git commit -qm mine; echo more >> README.md; echo loose > loose.txt'
    play([{ text: 'first words', shell: [work, 'sleep 600'] }])
    const id = await start('--uncommitted', 'keep')
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    await t.b.until(id, (event) => event.type === 'agent.tool.start' && event.input.includes('sleep'))
    await t.b.run(['stop', id])
    expect((await t.b.status(id)).state).toBe('stopped')
    play(shell('git status --porcelain; git log -1 --format=%s', 'in the fork'))
    const fork = (await t.b.run(['fork', id])).stdout.trim()
    await done(fork)
    expect(await toolOutput(fork)).toBe('M README.md\n?? loose.txt\nmine')
    expect(heard().includes('first prompt')).toBe(true)
    expect(heard().includes('Continue with the task where you left off.')).toBe(true)
    expect(git(t.remote.bare, ['log', '-1', '--format=%s', `berth/${fork}`])).toBe('mine')

    play(shell('ls loose.txt', 'in the fork of the fork'))
    const second = (await t.b.run(['fork', fork, 'once more'])).stdout.trim()
    await done(second)
    expect(await toolOutput(second)).toBe('loose.txt')
    expect(heard().includes('in the fork, ended')).toBe(true)
  })

  test('a session too large to be kept is told; a fork there is refused, or begins a new one with the work', async () => {
    play(shell('echo one > one.txt; head -c 68000000 /dev/zero > "$HOME/.codex/sessions/large"', 'in the first'))
    const id = await start()
    await done(id)
    expect((await t.b.status(id)).warnings).toEqual([expect.stringContaining('session is over 64 MiB') as string])
    expect(existsSync(join(t.b.home, 'tasks', id, 'sessions/1.tar'))).toBe(false)
    const refused = await t.b.run(['fork', id, 'second prompt'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain(`${id}: the agent's session at the end of turn 1 was not kept`)
    expect(refused.stderr).toContain('--new-session')
    expect((await t.b.json<{ tasks: object[] }>(['ls', '-a'])).tasks.length).toBe(1)
    play(shell('cat one.txt', 'in the fork'))
    const ran = await t.b.run(['fork', id, '--new-session', 'second prompt'])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const fork = ran.stdout.trim()
    await done(fork)
    expect(await toolOutput(fork)).toBe('one')
    expect(heard().includes('second prompt')).toBe(true)
    expect(heard().includes('first prompt')).toBe(false)
    expect((await t.b.status(fork)).session).not.toBe((await t.b.status(id)).session)
  })

  test('a fork whose answer was lost with its supervisor is one task', async () => {
    play(shell('echo one > one.txt', 'in the first'))
    const id = await start()
    await done(id)
    await t.b.until(id, (event) => event.type === 'container.removed')
    process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
    play(shell('cat one.txt', 'in the fork'))
    const ran = await t.b.run(['fork', id, 'second prompt'], { env: { BERTH_FAULT: 'fork.packed:1' } })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(existsSync(join(t.b.home, 'fault'))).toBe(true)
    await done(ran.stdout.trim())
    expect(await toolOutput(ran.stdout.trim())).toBe('one')
    expect((await t.b.json<{ tasks: object[] }>(['ls', '-a'])).tasks.length).toBe(2)
  })

  test('a fork whose first try never reached its agent begins as it should when it is tried again', async () => {
    play(shell('echo one > one.txt', 'in the first'))
    const id = await start()
    await done(id)
    play([])
    t.model.load({ steps: [], key: 'sk-another-key' })
    const fork = (await t.b.run(['fork', id, 'second prompt'])).stdout.trim()
    await t.b.run(['stop', '--now', fork])
    play(shell('cat one.txt', 'in the fork'))
    await t.b.run(['resume', fork])
    await done(fork)
    expect(await toolOutput(fork)).toBe('one')
    expect(heard().includes('in the first, ended')).toBe(true)
  })

  test('what cannot be forked is one error each, and no task is made', async () => {
    play([...shell('true', 'in the first'), { hang: 'head' }])
    const id = await start('--name', 'taken')
    await done(id)
    const bare = (await t.b.run(['start', '--engine', flag, '--agent', 'noop', 'nothing'])).stdout.trim()
    await t.b.run(['wait', bare])
    const refused = async (args: readonly string[], says: string) =>
      expect(await t.b.run(['fork', ...args, 'x'])).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(says),
      })
    await refused([id, '--turn', '9'], `${id} has no turn 9: its turns are 1 to 1`)
    await refused([id, '--turn', '0'], '--turn 0: not the number of a turn')
    await refused([id, '--turn', '-1'], '--turn -1: not the number of a turn')
    await refused([id, '--name', 'taken'], `--name taken: the task ${id} has this name`)
    await refused([id, '--file', 'no-such'], '--file no-such: there is no such file')
    await refused([bare], `${bare} has no repository`)
    await t.b.run(['send', id, 'second'])
    await refused(
      [id, '--turn', '1'],
      `${id} is running: fork is not possible now; possible: send, edit, withdraw, stop`,
    )
    await t.b.run(['stop', id])
    await t.b.run(['archive', id])
    await refused([id], `${id} is archived`)
    expect((await t.b.json<{ tasks: object[] }>(['ls', '-a'])).tasks.length).toBe(2)
  })
})
