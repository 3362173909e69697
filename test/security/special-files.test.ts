import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

describe.each(rootfulEngines().slice(0, 1))('what git or the host would open and wait at, on $name', ({ flag }) => {
  let shop: Workshop
  const folder = temporaryFolder('berth-special-')
  let url: string
  beforeAll(async () => {
    shop = await workshop(flag)
    url = `file://${makeBare(folder.at('remote.git'), { 'README.md': 'hello\n' })}`
  })
  afterAll(async () => {
    await shop.close()
    folder[Symbol.dispose]()
  })
  const job = (shell: string, ...args: readonly string[]) =>
    shop.job({ args: ['--repo', url, '--branch', 'main', ...args], shell })

  test('named pipes in the place of what git reads are refused by name, and the task ends and goes', async () => {
    const ran = await job(
      'mv .git/info/exclude old; mkfifo .gitignore .git/info/exclude .git/objects/info/alternates.x; mkdir s; mkfifo s/.gitattributes; echo w > w',
    )
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([1, expect.stringContaining('.gitignore is a named pipe')])
    expect(ran.stdout + ran.stderr).toContain('s/.gitattributes is a named pipe')
    expect((await shop.b.run(['rm', '--force', ran.id])).code).toBe(0)
  })

  test('a worker that was stopped: stop kills it, and what it had is gathered', async () => {
    const hold = `for p in $(ps -eo pid,args | awk '/worker\\/main.cjs/ && /libexec\\/node/ && !/awk/ && !/tini/ {print $1}'); do kill -STOP $p; done`
    const shell = `echo made > made.txt; until [ -e told ]; do sleep 0.1; done; ${hold}; touch held; sleep 600`
    const running = job(shell)
    const found = async () => (await shop.b.json<{ tasks: { id: string }[] }>(['ls'])).tasks[0]?.id
    await expect.poll(found, { timeout: 60_000 }).toBeDefined()
    const id = (await found()) ?? ''
    await shop.b.until(id, (event) => event.type === 'agent.tool.start')
    expect((await shop.b.run(['exec', id, 'sh', '-c', 'touch told; until [ -e held ]; do sleep 0.1; done'])).code).toBe(
      0,
    )
    expect((await shop.b.run(['stop', id])).stdout).toBe(`${id} stopped\n`)
    await running
    const types = (await shop.b.events(id)).map(({ type }) => type)
    // The kill ends it: nobody has waited for a word of the worker's.
    expect(types.indexOf('container.exited')).toBeGreaterThan(types.indexOf('stop.requested'))
    expect(types.filter((type) => type === 'agent.ended')).toEqual([])
    expect((await shop.b.run(['diff', id])).stdout).toContain('+made')
    expect((await shop.b.run(['rm', '--force', id])).code).toBe(0)
  })

  // Longer than a path may be; more levels are the business of removeTree's own tests.
  test('deep folders in workspace, cache and repository: the task is gathered, listed, and removed whole', async () => {
    const deep = `perl -e 'for (1..3000) { mkdir "d"; chdir "d" }'`
    const long = `perl -e '$n = "n" x 255; for (1..40) { mkdir $n; chdir $n }'`
    const ran = await job(
      `(${deep}); (mkdir -p ~/.cache/x; cd ~/.cache/x; ${long}); (cd .git/refs; ${deep}); echo w > w`,
    )
    expect(ran.id).not.toBe('')
    const { tasks } = await shop.b.json<{ tasks: { id: string }[] }>(['ls', '-a'])
    expect(tasks.map((task) => task.id)).toContain(ran.id)
    const gone = await shop.b.run(['rm', '--force', ran.id])
    expect([gone.code, gone.stderr]).toEqual([0, ''])
    const left = await shop.b.json<{ checks: { name: string }[] }>(['doctor'])
    expect(left.checks.map(({ name }) => name)).not.toContain('trash')
    expect(existsSync(join(shop.b.home, 'tasks', ran.id))).toBe(false)
  })
})
