import { cpSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endProcess, ownProcesses } from '../../src/cli/own-processes.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { type Berth, berth } from '../fixtures/berth.ts'

/** A state folder as 0.1.0 left it: two tasks of codex, one pushed from a clone and one with a patch of a copied folder. */
const FIXTURE = join(import.meta.dirname, '../fixtures/0.1.0/state')
const PUSHED = 't-01m8mm75xhmg2cxs6b'
const COPIED = 't-01m8mm786n01evvx9a'
/** Empty folders that git wants to see, and that no checkout has. */
const EMPTY = [`tasks/${PUSHED}/publish.git/refs/heads`, 'mirrors/8fe132b19632-remote.git/refs/tags']

let b: Berth
beforeEach(() => {
  b = berth()
  cpSync(FIXTURE, b.home, { recursive: true })
  for (const folder of EMPTY) mkdirSync(join(b.home, folder), { recursive: true })
  for (const file of globSync('tasks/**/*', { cwd: b.home })) {
    const path = join(b.home, file)
    if (statSync(path).isFile() && !/\.(?:pack|idx)$/.test(file))
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('@STATE@', b.home))
  }
})
afterEach(() => b.close())

const output = async (...args: readonly string[]) => {
  const ran = await b.run(args)
  expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: '' })
  return ran.stdout
}

test('journals of 0.1.0 are listed, shown, read and diffed, and its tasks can be removed', async () => {
  const { tasks } = await b.json<{ tasks: TaskRecord[] }>(['ls', '-a'])
  expect(tasks.map(({ id, state, title }) => [id, state, title])).toEqual([
    [COPIED, 'done', 'change the file'],
    [PUSHED, 'done', 'add a file'],
  ])
  expect(await b.status(PUSHED)).toMatchObject({ provider: { id: 'codex' }, pushed: { branch: `berth/${PUSHED}` } })
  expect(await output('status', COPIED)).toContain('codex finished its turn')
  expect(await output('log', PUSHED)).toContain('* I add a file.\n$ echo made > made.txt\n* The file is there.\n')
  expect((await b.events(PUSHED)).filter(({ type }) => type === 'untrusted')).toEqual([])
  expect(await output('diff', PUSHED)).toMatch(/^diff --git a\/made\.txt b\/made\.txt\n(?:.*\n)*\+made\n$/)
  expect(await output('diff', COPIED)).toContain('+more\n')
  expect(await b.json(['usage', '--by', 'model'])).toMatchObject({
    usage: [{ by: { model: 'gpt-5' }, usage: { inputTokens: 400 } }],
  })
  expect(await b.json(['doctor', '--rebuild'])).toEqual({ made: 2, damaged: [] })
  expect((await output('rm', PUSHED)).trim()).toBe(PUSHED)
})

test('settings of 0.1.0 mean what they meant', async () => {
  const shown = await b.json<Record<string, { value: unknown; origin: string }>>([
    'config',
    'show',
    '--profile',
    'quick',
  ])
  const values = Object.fromEntries(
    Object.entries(shown).flatMap(([key, one]) => (/default/.test(one.origin) ? [] : [[key, one.value]])),
  )
  expect(values).toMatchObject({ engine: 'docker', memory: 2 * 1024 ** 3, policy: 'open' })
})

test('a state of a newer version is one error, and nothing in it is changed', async () => {
  await output('ls', '-a')
  for (const one of ownProcesses(b.home)) await endProcess(one, b.home)
  const path = join(b.home, 'berth.db')
  const db = new DatabaseSync(path)
  const version = Number(db.prepare('pragma user_version').get()?.['user_version'])
  db.exec('pragma user_version = 999; pragma wal_checkpoint(truncate)')
  db.close()
  const contents = () =>
    globSync(['berth.db', 'tasks/**/*', 'mirrors/**/*'], { cwd: b.home })
      .filter((file) => statSync(join(b.home, file)).isFile())
      .map((file) => [file, readFileSync(join(b.home, file), 'latin1')])
  const before = contents()
  for (const args of [['ls'], ['start', '--agent', 'noop', '--no-repo', 'x'], ['rm', PUSHED]]) {
    const refused = await b.run(args)
    expect(refused).toMatchObject({ code: 70, stdout: '' })
    expect(refused.stderr).toMatch(
      /^berth: .*: the supervisor could not start: .*berth\.db: a newer Berth has written this state \(its version is 999, .*\)\n {2}Upgrade Berth, or name another folder with BERTH_HOME\.\n$/,
    )
  }
  expect(contents()).toEqual(before)
  // The newer one goes on.
  const newer = new DatabaseSync(path)
  newer.exec(`pragma user_version = ${version}`)
  newer.close()
  expect((await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toHaveLength(2)
})
