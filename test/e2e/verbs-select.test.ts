import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'

describe.each(rootfulEngines().slice(0, 1))('selectors on $name', ({ flag }) => {
  let b: Berth
  let model: ModelServer
  beforeAll(async () => {
    b = berth()
    model = await startModelServer()
    model.load({ steps: [], after: { text: 'a', shell: 'sleep 600' } })
  })
  afterAll(async () => {
    await b.close()
    await model.close()
  })
  const start = async (label: string) =>
    (await b.run(['start', '--engine', flag, '--base-url', model.url, '--label', label, 'work'])).stdout.trim()
  const lines = (text: string) => text.trimEnd().split('\n').sort()

  test('a label, a state and --all stand for ids; a label that no task has is an error, unless --quiet', async () => {
    const [one, two, three] = [await start('batch=1'), await start('batch=1'), await start('batch=2')]

    expect(lines((await b.run(['stop', '--now', '--label', 'batch=1'])).stdout)).toEqual(
      [`${one} stopped`, `${two} stopped`].sort(),
    )
    const third = JSON.parse((await b.run(['status', '--label', 'batch=2', '--json'])).stdout) as TaskRecord
    expect(third).toMatchObject({ id: three, outcome: null })

    const none = await b.run(['stop', '--label', 'batch=1'])
    expect(none).toMatchObject({ code: 0, stdout: '' })
    expect(none.stderr).toContain('--label batch=1: nothing to do')
    const typo = await b.run(['stop', '--label', 'batch=11'])
    expect(typo).toMatchObject({ code: 2, stdout: '' })
    expect(typo.stderr).toContain('--label batch=11: no such task')
    expect(await b.run(['stop', '--label', 'batch=1', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' })
    expect((await b.run(['wait', '--label', 'batch=9', '--quiet'])).code).toBe(0)
    expect((await b.run(['stop', '--all', one])).stderr).toContain(`${one} and --all: give ids or a selector, not both`)
    expect((await b.run(['stop'])).stderr).toContain('give ids, or --label, --state or --all')
    expect((await b.run(['rm', '--state', 'over'])).stderr).toContain('--state over: not a state')

    expect((await b.run(['archive', '--state', 'stopped', '--label', 'batch=1', '--json'])).code).toBe(0)
    expect(lines((await b.run(['unarchive', '--label', 'batch=1'])).stdout)).toEqual(
      [`${one} unarchived`, `${two} unarchived`].sort(),
    )
    expect((await b.run(['unarchive', '--all'])).stderr).toContain('--all: nothing to do')
    expect((await b.run(['archive', '--all'])).code).toBe(0)
    expect((await b.run(['archive', '--all'])).stderr).toContain('--all: nothing to do')
    expect((await b.run(['resume', '--all'])).stderr).toContain('--all: nothing to do')
    expect((await b.run(['push', '--all'])).stderr).toContain('--all: nothing to do')

    expect((await b.run(['stop', '--all', '--now'])).stdout).toBe(`${three} stopped\n`)
    expect(lines((await b.run(['rm', '--all'])).stdout)).toEqual([one, two, three].sort())
  })
})
