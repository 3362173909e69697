import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'

const flag = rootfulEngines()[0]?.flag ?? 'docker'
const t = testBench('test')

/** What the agent's environment holds of these. */
const SHOW = 'echo "env: $FROM_FILE $FROM_PROFILE $(echo "$FROM_SHELL" | tr a-z A-Z) $GIVEN."'
const job = ['--engine', flag, '--agent', 'noop', '--no-repo', '--provider-arg', `shell=${SHOW}`]
const configure = (toml: string) => writeFileSync(join(t.b.home, 'config.toml'), toml)
const said = async (id: string): Promise<readonly string[]> =>
  (await t.b.run(['log', '--raw', id])).stdout.match(/(?<=env: ).*(?=\.)/g) ?? []
const shell = { FROM_SHELL: 'shell-1' }

test('send, resume and fork bring a task’s variables again: the file’s, a profile’s, the shell’s', async () => {
  configure('[env]\nFROM_FILE = "file-1"\n[profiles.p.env]\nFROM_PROFILE = "profile-1"\n')
  const begun = await t.b.run(['run', ...job, '--profile', 'p', '--env', 'FROM_SHELL', 'x'], { env: shell })
  expect(begun, begun.stderr).toMatchObject({ code: 0 })
  const { tasks } = await t.b.json<{ tasks: { id: string }[] }>(['ls', '-a'])
  const id = tasks[0]?.id ?? ''
  configure('[env]\nFROM_FILE = "file-2"\n[profiles.p.env]\nFROM_PROFILE = "profile-2"\n')
  const sent = await t.b.run(['send', '-f', id, 'more'], { env: { FROM_SHELL: 'shell-2' } })
  expect(sent, sent.stderr).toMatchObject({ code: 0 })
  expect(await said(id)).toEqual(['file-1 profile-1 SHELL-1 ', 'file-2 profile-2 SHELL-2 '])

  const without = await t.b.run(['send', id, 'more'])
  expect(without).toMatchObject({ code: 2, stdout: '' })
  expect(without.stderr).toContain('neither this shell nor the config file sets FROM_SHELL any more')
  expect(without.stderr).toContain(`berth send --env FROM_SHELL=VALUE ${id}`)
  const named = await t.b.run(['send', '-f', '--env', 'FROM_SHELL=here', '-e', 'GIVEN=too', id, 'more'])
  expect(named, named.stderr).toMatchObject({ code: 0 })
  expect((await said(id)).at(-1)).toBe('file-2 profile-2 HERE too')
})

test('a value of a command line is stored nowhere: the error names it and what brings it', async () => {
  const secret = 'hush-3141592653'
  configure('[env]\nGIVEN = "another value"\n')
  const env = { GIVEN: 'a third value' }
  const inRepository = job.flatMap((one) =>
    one === '--no-repo' ? ['--repo', t.remote.url, '--branch', 'main'] : [one],
  )
  const failing = [...inRepository, '--provider-arg', 'exit=3', '--env', `GIVEN=${secret}`]
  const id = (await t.b.run(['start', ...failing, 'x'], { env })).stdout.trim()
  expect((await t.b.run(['wait', id])).code).toBe(1)
  const pid = await t.b.supervisor()
  if (pid !== null) process.kill(pid, 'SIGKILL')
  for (const verb of ['send', 'resume', 'fork']) {
    const ran = await t.b.run([verb, id, ...(verb === 'send' ? ['more'] : [])], { env })
    expect(ran, verb).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toContain('Berth no longer has the value of GIVEN')
    expect(ran.stderr).toContain(`berth ${verb} --env GIVEN=VALUE ${id}`)
  }
  const resumed = await t.b.run(['resume', '--env', `GIVEN=${secret}`, id])
  expect(resumed, resumed.stderr).toMatchObject({ code: 0 })
  await t.b.run(['wait', id])
  expect((await t.b.status(id)).turns[0]).toMatchObject({ attempt: 2 })
  expect((await said(id)).at(-1)).toContain(secret)
  const { home } = t.b
  expect(
    filesHolding(
      secret,
      ['plan.json', 'task.json'].map((name) => join(home, 'tasks', id, name)),
    ),
  ).toEqual([])
  const asked = (await t.b.events(id)).filter(({ type }) => type.startsWith('turn.') || type === 'task.created')
  expect(JSON.stringify(asked)).not.toContain(secret)
  expect(await t.b.run(['send', '--env', 'OPENAI_API_KEY=x', '--env', `GIVEN=${secret}`, id, 'y'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--env OPENAI_API_KEY: this variable holds a model's key"),
  })
})

test('a prompt sent while a turn runs has its own variables, and the turns after it too', async () => {
  const id = (await t.b.run(['start', ...job, '--provider-arg', 'sleep=2', 'x'])).stdout.trim()
  await t.b.until(id, (event) => event.type === 'agent.started')
  expect((await t.b.run(['send', '--env', 'GIVEN=second', id, 'more'])).code).toBe(0)
  expect((await t.b.run(['send', id, 'third'])).code).toBe(0)
  await t.b.run(['wait', id])
  expect(await said(id)).toEqual(['   ', '   second', '   second'])
})

test('a list of names in the file takes their values from the shell', async () => {
  configure('env = ["FROM_SHELL"]\n')
  const ran = await t.b.run(['run', ...job, 'x'], { env: shell })
  expect(ran, ran.stderr).toMatchObject({ code: 0 })
  expect(ran.stderr).not.toContain('this shell does not set')
})
