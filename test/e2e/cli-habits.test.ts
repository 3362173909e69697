import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { berth, type Ran } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'

const BERTH = join(import.meta.dirname, '../../bin/berth')
const flag = rootfulEngines()[0]?.flag ?? 'docker'
const t = testBench('file')

const noop = ['--engine', flag, '--agent', 'noop', '--no-repo']
const start = async (...args: readonly string[]) => {
  const ran = await t.b.run(['start', ...noop, ...args])
  expect(ran, ran.stderr).toMatchObject({ code: 0 })
  return ran.stdout.trim()
}
const failing = async (...args: readonly string[]) => {
  const id = await start('--provider-arg', 'exit=3', ...args, 'x')
  expect((await t.b.run(['wait', id])).code).toBe(1)
  return id
}

/** A command line of a shell, with what it printed and how it ended. */
const shell = async (line: string, more: { readonly cwd?: string; readonly env?: object } = {}): Promise<Ran> => {
  const child = spawn('bash', ['-c', line], {
    env: { ...t.b.env, BERTH, ...more.env },
    cwd: more.cwd ?? t.b.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (stderr += String(data)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

test('wait --label: how those of the batch ended that are over counts, whether others are under way or not', async () => {
  const failed = await failing('--label', 'batch=died')
  const long = await start('--label', 'batch=died', '--provider-arg', 'sleep=600', 'x')
  const waiting = t.b.run(['wait', '--label', 'batch=died'])
  await t.b.run(['stop', '--now', long])
  expect((await waiting).code).not.toBe(0)
  const over = await t.b.run(['wait', '--label', 'batch=died', '--json'])
  expect((JSON.parse(over.stdout) as { tasks: TaskRecord[] }).tasks.map(({ id }) => id).sort()).toEqual(
    [failed, long].sort(),
  )
  expect(over.code).not.toBe(0)
  const done = await start('--label', 'batch=fine', 'x')
  await t.b.run(['wait', done])
  expect(await t.b.run(['wait', '--label', 'batch=fine'])).toMatchObject({ code: 0, stdout: `${done} done\n` })
  expect(await t.b.run(['wait', '--label', 'batch=typo'])).toMatchObject({ code: 2, stdout: '' })
})

test('nothing to do is no error: --all, a state that no task is in, a batch that is over', async () => {
  const id = await start('--label', 'batch=once', 'x')
  await t.b.run(['wait', id])
  for (const args of [
    ['stop', '--all'],
    ['wait', '--all'],
    ['queue', '--all'],
    ['rm', '--state', 'ready'],
    ['stop', '--label', 'batch=once'],
    ['resume', '--label', 'batch=once', '--state', 'blocked'],
  ]) {
    const ran = await t.b.run(args)
    expect(ran, args.join(' ')).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing to do') })
  }
  expect(JSON.parse((await t.b.run(['stop', '--all', '--json'])).stdout)).toEqual({ tasks: [], sandboxes: 0 })
  expect(JSON.parse((await t.b.run(['wait', '--all', '--json'])).stdout)).toEqual({ tasks: [] })
  expect((await t.b.run(['stop', '--label', 'batch=typo'])).code).toBe(2)
  expect((await t.b.run(['rm', '--label', 'batch=typo', '--state', 'done'])).code).toBe(2)
})

test('run, send -f and fork -f whose output nobody reads any more: exit code 9, said, and the task goes on', async () => {
  // The agent talks on: a pipe tells of its lost reader when something is written to it.
  const talks = 'shell=while sleep 0.2; do echo tick; done'
  const run = `"$BERTH" run --engine ${flag} --agent noop --no-repo --provider-arg '${talks}' x`
  const ran = await shell(`set -o pipefail; ${run} | head -1; echo "code $?"`)
  expect(ran.stdout).toMatch(/code 9\n$/)
  const id = /berth stop (t-[0-9a-z]+)/.exec(ran.stderr)?.[1] ?? ''
  expect(ran.stderr).toContain(`berth log -f ${id}`)
  expect(await t.b.status(id)).toMatchObject({ outcome: null, state: 'running' })
  const sent = await shell(`set -o pipefail; "$BERTH" send -f ${id} more | head -c 1; echo "code $?"`)
  expect(sent.stdout).toMatch(/code 9\n$/)
  await t.b.run(['rm', '--force', id])
})

test('a lost reader takes no outcome away: wait and status --wait end with it', async () => {
  const id = await failing()
  for (const command of [`wait ${id}`, `status --wait ${id}`]) {
    const piped = await shell(`"$BERTH" ${command} | true; echo "code \${PIPESTATUS[0]}"`)
    expect(piped.stdout).toBe('code 1\n')
  }
})

test('send -f ends with the outcome of its own turn, whatever was sent after it', async () => {
  const id = await start('--provider-arg', 'sleep=1', 'x')
  const first = t.b.begin(['send', '-f', id, 'second'])
  await t.b.until(id, (event) => event.type === 'turn.queued' && event.turn === 2)
  await t.b.run(['send', id, 'third'])
  await t.b.until(id, (event) => event.type === 'turn.started' && event.turn === 3)
  await t.b.run(['stop', '--now', id])
  expect((await first.over).code).toBe(0)
  expect((await t.b.status(id)).outcome?.result).toBe('stopped')
})

test('names that other tools have: logs, inspect, list, cancel, kill, delete', async () => {
  const id = await start('x')
  await t.b.run(['wait', id])
  expect((await t.b.run(['logs', id])).stdout).toBe((await t.b.run(['log', id])).stdout)
  expect((await t.b.run(['inspect', id])).stdout).toContain(id)
  expect((await t.b.run(['list', '-aq'])).stdout).toContain(id)
  const long = await start('--provider-arg', 'sleep=600', 'x')
  expect((await t.b.run(['cancel', long])).stdout).toBe(`${long} stopped\n`)
  const killed = await start('--provider-arg', 'sleep=600', 'x')
  await t.b.until(killed, (event) => event.type === 'agent.started')
  expect((await t.b.run(['kill', killed])).stdout).toBe(`${killed} stopped\n`)
  expect((await t.b.run(['delete', id])).stdout).toBe(`${id}\n`)
})

test('exec ID COMMAND without --, and -it', async () => {
  const id = await start('--provider-arg', 'sleep=600', 'x')
  await t.b.until(id, (event) => event.type === 'agent.started')
  expect(await t.b.run(['exec', id, 'sh', '-c', 'echo "$0 $1"; exit 4', '--json', '- a b'])).toMatchObject({
    code: 4,
    stdout: '--json - a b\n',
  })
  expect(await t.b.run(['exec', '-it', id, 'echo', '--', 'x'])).toMatchObject({ code: 0, stdout: '-- x\n' })
  await t.b.run(['stop', '--now', id])
})

test('a prompt from a file, or from a pipe without -', async () => {
  const file = join(t.b.folder, 'prompt.md')
  writeFileSync(file, 'from a file\nwith more')
  const promptOf = async (id: string) =>
    (await t.b.events(id)).flatMap((event) => (event.type === 'turn.queued' ? [event.prompt] : []))
  const one = await start('--prompt-file', 'prompt.md')
  const piped = (await t.b.run(['start', ...noop], { input: 'from a pipe' })).stdout.trim()
  await t.b.run(['wait', one, piped])
  await t.b.run(['send', '-f', piped], { input: 'more of it' })
  expect(await promptOf(one)).toEqual(['from a file\nwith more'])
  expect(await promptOf(piped)).toEqual(['from a pipe', 'more of it'])
  expect(await t.b.run(['start', ...noop, '--prompt-file', 'prompt.md', 'and words'])).toMatchObject({ code: 2 })
  expect(await t.b.run(['start', ...noop, '--prompt-file', 'none.md'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--prompt-file none.md: there is no such file'),
  })
  expect(await t.b.run(['start', ...noop])).toMatchObject({ code: 2, stderr: expect.stringContaining('no prompt') })
})

test('a title that begins with a dash stays the title, and Node does not read --env-file', async () => {
  const id = await start('--title', '- a b', 'the prompt')
  expect(await t.b.status(id)).toMatchObject({ title: '- a b', turns: [{ prompt: 'the prompt' }] })
  writeFileSync(join(t.b.folder, 'prod.env'), 'BERTH_HOME=/nonexistent\n')
  const given = await start('--env-file', 'prod.env', 'x')
  expect((await t.b.status(given)).id).toBe(given)
})

test('NODE_OPTIONS of the caller load nothing into our own programs, and --env passes them on', async () => {
  const [loaded, spy] = [join(t.b.folder, 'loaded'), join(t.b.folder, 'spy.cjs')]
  writeFileSync(spy, `require('node:fs').appendFileSync(${JSON.stringify(loaded)}, process.argv.join(' ') + '\\n')`)
  const b = berth({ env: { NODE_OPTIONS: `--require=${spy} --no-such-option` } })
  try {
    const args = ['--env', 'NODE_OPTIONS', '--provider-arg', 'shell=echo "$NODE_OPTIONS" | tr a-z A-Z', 'x']
    const ran = await b.run(['run', ...noop, ...args])
    expect(ran, ran.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('--NO-SUCH-OPTION') })
    expect(ran.stderr).not.toContain('BERTH_NODE_OPTIONS')
    expect(existsSync(loaded)).toBe(false)
  } finally {
    await b.close()
  }
})

test('--no-color, log -t, a relative --volume', async () => {
  const id = await start('--volume', './shared:/shared:ro', 'x').catch(() => '')
  expect(id).toBe('')
  mkdirSync(join(t.b.folder, 'shared'))
  const with_ = await start('--volume', './shared:/shared:ro', '--volume', '.:/all', 'x')
  await t.b.run(['wait', with_])
  const { stdout: plan } = await t.b.run(['start', ...noop, '--dry-run', '--volume', './shared:/shared:ro', 'x'])
  expect(plan).toContain(`source=${join(t.b.folder, 'shared')},target=/shared,readonly`)
  const coloured = { env: { FORCE_COLOR: '1' } }
  expect((await t.b.run(['status', with_], coloured)).stdout).toContain('\u001b[')
  expect((await t.b.run(['status', '--no-color', with_], coloured)).stdout).not.toContain('\u001b[')
  expect((await t.b.run(['--no-color', 'status', with_], coloured)).stdout).not.toContain('\u001b[')
  const timed = (await t.b.run(['log', '-t', with_])).stdout.trimEnd().split('\n')
  for (const line of timed) expect(line).toMatch(/^\d{4}-\d{2}-\d{2}T[0-9:.]+Z /)
})

test('the completion of -- lists the options', async () => {
  const ran = await t.b.run(['completion', '--words', '--', 'run', '--'])
  expect(ran.stdout).toContain('--repo\t')
  expect((await t.b.run(['completion', '--words', '--', 'run', '--', 'x'])).stdout).toBe('')
})

test('a working folder that was removed, and another user’s folder of sockets: no stack', async () => {
  const gone = join(t.b.folder, 'gone')
  const inGone = (line: string) => {
    mkdirSync(gone, { recursive: true })
    return shell(`rmdir "$PWD"; ${line}`, { cwd: gone })
  }
  expect(await inGone('"$BERTH" ls -q')).toMatchObject({ code: 0 })
  const ran = await inGone(`"$BERTH" run ${noop.join(' ')} x`)
  expect(ran).toMatchObject({ code: 2, stdout: '' })
  expect(ran.stderr).toContain('berth: the working folder no longer exists')
  expect(ran.stderr).not.toMatch(/\n\s+at /)
  const strangers = join(t.b.folder, 'runtime')
  mkdirSync(strangers)
  const own = berth({ uid: 65534, env: { XDG_RUNTIME_DIR: strangers } })
  try {
    expect(await own.run(['ls'])).toMatchObject({ code: 0, stderr: '' })
  } finally {
    await own.close()
  }
})

test('a filter by an agent that does not exist names those that do', async () => {
  const ran = await t.b.run(['ls', '--agent', 'nope'])
  expect(ran).toMatchObject({ code: 2, stdout: '' })
  expect(ran.stderr).toMatch(/nope.*\n?.*codex/)
})
