import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

describe.each(rootfulEngines())('fork on $name', ({ flag, name }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  beforeAll(async () => {
    model = await startModelServer()
  })
  afterAll(() => model.close())
  beforeEach(async () => {
    b = berth()
    remote = await startFileRemote()
    model.reset()
  })
  afterEach(async () => {
    await b.close()
    await remote.close()
  })

  const USAGE = { input: 100, output: 10 }
  const start = async (...args: readonly string[]) => {
    const job = ['--engine', flag, '--repo', remote.url, '--branch', 'main', '--base-url', model.url]
    return (await b.run(['start', ...job, ...args, 'first prompt'])).stdout.trim()
  }
  const done = async (id: string) =>
    expect(await b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
  const play = (steps: NonNullable<Scenario['steps']>) => {
    model.reset()
    model.load({ steps, usage: USAGE })
  }
  const shell = (command: string, text: string) => [
    { text: `${text}, now`, shell: command },
    { text: `${text}, ended` },
  ]
  const heard = () => model.requests.map(({ text = '' }) => text).join('\n')
  const toolOutput = async (id: string) =>
    (await b.events(id)).flatMap((event) => (event.type === 'agent.tool.end' ? [event.output.trim()] : [])).at(-1)

  /** A task of two turns, each with a file of its own. */
  const twoTurns = async () => {
    play([...shell('echo one > one.txt', 'in the first'), ...shell('echo two > two.txt', 'in the second')])
    const id = await start()
    await done(id)
    await b.run(['send', id, 'second prompt'])
    await done(id)
    return id
  }

  test('at a turn: its files and its session, and nothing of the turns behind it; pushed to a branch of its own', async () => {
    const id = await twoTurns()
    const before = await b.status(id)
    play(shell('ls; echo three > three.txt', 'in the fork'))
    const ran = await b.run(['fork', id, '--turn', '1', '--name', 'other', 'third prompt'])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const fork = ran.stdout.trim()
    expect((await b.run(['rm', id])).code).toBe(0)
    await done(fork)

    expect(heard().includes('first prompt')).toBe(true)
    expect(heard().includes('in the first, ended')).toBe(true)
    expect(heard().includes('third prompt')).toBe(true)
    expect(/second prompt|in the second/.test(heard())).toBe(false)
    expect(await toolOutput(fork)).toMatch(/^README\.md\n(.*\n)*one\.txt$/)
    expect(git(remote.bare, ['ls-tree', '--name-only', `berth/${fork}`]).split('\n')).toEqual(
      expect.arrayContaining(['one.txt', 'three.txt']),
    )
    expect(git(remote.bare, ['ls-tree', '--name-only', `berth/${fork}`])).not.toContain('two.txt')
    expect(git(remote.bare, ['rev-parse', `berth/${id}`])).toBe(before.head)

    const record = await b.status('other')
    expect(record).toMatchObject({
      id: fork,
      title: 'third prompt',
      session: before.session,
      fork: { task: id, turn: 1 },
      usage: { inputTokens: 200, outputTokens: 20 },
      turns: [{ turn: 1, state: 'done', usage: { inputTokens: 200 } }],
    })
    expect((await b.run(['status', fork])).stdout).toContain(`fork of    ${id} at the end of turn 1\n`)

    play(shell('cat one.txt three.txt', 'in the second of the fork'))
    await b.run(['send', fork, 'fourth prompt'])
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
    await b.until(id, (event) => event.type === 'agent.tool.start')
    await b.until(id, (event) => event.type === 'agent.tool.start' && event.input.includes('sleep'))
    await b.run(['stop', id])
    expect((await b.status(id)).state).toBe('stopped')
    play(shell('git status --porcelain; git log -1 --format=%s', 'in the fork'))
    const fork = (await b.run(['fork', id])).stdout.trim()
    await done(fork)
    expect(await toolOutput(fork)).toBe('M README.md\n?? loose.txt\nmine')
    expect(heard().includes('first prompt')).toBe(true)
    expect(heard().includes('Continue with the task where you left off.')).toBe(true)
    expect(git(remote.bare, ['log', '-1', '--format=%s', `berth/${fork}`])).toBe('mine')

    play(shell('ls loose.txt', 'in the fork of the fork'))
    const second = (await b.run(['fork', fork, 'once more'])).stdout.trim()
    await done(second)
    expect(await toolOutput(second)).toBe('loose.txt')
    expect(heard().includes('in the fork, ended')).toBe(true)
  })

  test('a session too large to be kept is told; a fork there is refused, or begins a new one with the work', async () => {
    play(shell('echo one > one.txt; head -c 68000000 /dev/zero > "$HOME/.codex/sessions/large"', 'in the first'))
    const id = await start()
    await done(id)
    expect((await b.status(id)).warnings).toEqual([expect.stringContaining('session takes more than 64 MiB') as string])
    expect(existsSync(join(b.home, 'tasks', id, 'sessions/1.tar'))).toBe(false)
    const refused = await b.run(['fork', id, 'second prompt'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain(`${id}: the agent's session at the end of turn 1 was not kept`)
    expect(refused.stderr).toContain('--new-session')
    expect((await b.json<{ tasks: object[] }>(['ls', '-a'])).tasks.length).toBe(1)
    play(shell('cat one.txt', 'in the fork'))
    const ran = await b.run(['fork', id, '--new-session', 'second prompt'])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const fork = ran.stdout.trim()
    await done(fork)
    expect(await toolOutput(fork)).toBe('one')
    expect(heard().includes('second prompt')).toBe(true)
    expect(heard().includes('first prompt')).toBe(false)
    expect((await b.status(fork)).session).not.toBe((await b.status(id)).session)
  })

  test('a fork whose answer was lost with its supervisor is one task', async () => {
    play(shell('echo one > one.txt', 'in the first'))
    const id = await start()
    await done(id)
    await b.until(id, (event) => event.type === 'container.removed')
    process.kill((await b.supervisor()) ?? 0, 'SIGKILL')
    play(shell('cat one.txt', 'in the fork'))
    const ran = await b.run(['fork', id, 'second prompt'], { env: { BERTH_FAULT: 'fork.packed:1' } })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(existsSync(join(b.home, 'fault'))).toBe(true)
    await done(ran.stdout.trim())
    expect(await toolOutput(ran.stdout.trim())).toBe('one')
    expect((await b.json<{ tasks: object[] }>(['ls', '-a'])).tasks.length).toBe(2)
  })

  test('a fork whose first try never reached its agent begins as it should when it is tried again', async () => {
    play(shell('echo one > one.txt', 'in the first'))
    const id = await start()
    await done(id)
    play([])
    model.load({ steps: [], key: 'sk-another-key' })
    const fork = (await b.run(['fork', id, 'second prompt'])).stdout.trim()
    await b.run(['stop', '--now', fork])
    play(shell('cat one.txt', 'in the fork'))
    await b.run(['resume', fork])
    await done(fork)
    expect(await toolOutput(fork)).toBe('one')
    expect(heard().includes('in the first, ended')).toBe(true)
  })

  test('what cannot be forked is one error each, and no task is made', async () => {
    play([...shell('true', 'in the first'), { hang: 'head' }])
    const id = await start('--name', 'taken')
    await done(id)
    const bare = (await b.run(['start', '--engine', flag, '--agent', 'noop', 'nothing'])).stdout.trim()
    await b.run(['wait', bare])
    const refused = async (args: readonly string[], says: string) =>
      expect(await b.run(['fork', ...args, 'x'])).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(says),
      })
    await refused([id, '--turn', '9'], `${id} has no turn 9: its turns are 1 to 1`)
    await refused([id, '--turn', '0'], '--turn 0: not the number of a turn')
    await refused([id, '--turn', '-1'], '--turn -1: not the number of a turn')
    await refused([id, '--name', 'taken'], `--name taken: ${id} has this name`)
    await refused([id, '--file', 'no-such'], '--file no-such: there is no such file')
    await refused([bare], `${bare} has no repository`)
    await b.run(['send', id, 'second'])
    await refused(
      [id, '--turn', '1'],
      `${id} is running: fork is not possible now; possible are send, edit, withdraw, stop`,
    )
    await b.run(['stop', id])
    await b.run(['archive', id])
    await refused([id], `${id} is archived`)
    expect((await b.json<{ tasks: object[] }>(['ls', '-a'])).tasks.length).toBe(2)
  })
})
