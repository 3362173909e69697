import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import { libraryIn } from '../fixtures/library.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'

const SCHEMA = {
  type: 'object',
  properties: { files: { type: 'array', items: { type: 'string' } } },
  required: ['files'],
  additionalProperties: false,
}

describe.each(anyEngine())('results on $name', ({ flag, name }) => {
  const t = testBench('test')
  const library = libraryIn(() => t.b)
  const start = async (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
    const schema = join(t.b.home, 'schema.json')
    writeFileSync(schema, JSON.stringify(SCHEMA))
    const job = ['--engine', flag, '--repo', t.remote.url, '--branch', 'main', '--base-url', t.model.url]
    const ran = await t.b.run(['start', ...job, '--output-schema', schema, ...args, 'name the files'], { env })
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }

  test('an answer that does not fit must be asked for again in the same session, over a killed supervisor', async () => {
    t.model.load({
      steps: [
        { text: 'a', shell: 'echo one > one.txt' },
        { text: 'I wrote one.txt.' },
        { contains: 'is not the result', text: '```json\n{"files": ["one.txt"]}\n```' },
        { contains: 'and the others', text: '{"files": []}' },
      ],
    })
    const id = await start([], { BERTH_FAULT: 'result.unfit:1' })
    await t.b.until(id, (event) => event.type === 'result.unfit')
    expect(await t.b.run(['wait', id])).toMatchObject({ code: 0 })
    expect(await t.b.run(['result', id])).toEqual({
      code: 0,
      stdout: '{\n  "files": [\n    "one.txt"\n  ]\n}\n',
      stderr: '',
    })
    const events = await t.b.events(id)
    const told = events.flatMap(({ type }) => (type.startsWith('result.') || type === 'turn.again' ? [type] : []))
    expect(told).toEqual(['result.unfit', 'turn.again', 'result.kept'])
    expect(new Set(events.flatMap((event) => (event.type === 'agent.session' ? [event.session] : []))).size).toBe(1)
    expect((await t.b.status(id)).turns).toMatchObject([
      { state: 'done', attempt: 2, tries: 0, result: { fits: true, attempt: 2, checked: 2 } },
    ])
    // The work was pushed once, when the result fitted.
    expect(events.filter(({ type }) => type === 'work.pushed')).toHaveLength(1)
    expect(git(t.remote.bare, ['show', `berth/${id}:one.txt`])).toBe('one')
    expect((await t.b.run(['send', '-f', id, 'and the others'])).code).toBe(0)
    const results = await Promise.all(['1', '2'].map((turn) => t.b.run(['result', id, '--turn', turn])))
    expect(results.map(({ stdout }) => JSON.parse(stdout))).toEqual([{ files: ['one.txt'] }, { files: [] }])
    await using b = await library.berth()
    const task = await b.task(id)
    expect(await task.result<{ files: readonly string[] }>()).toEqual({ files: [] })
    expect(await task.result({ turn: 1 })).toEqual({ files: ['one.txt'] })
  })

  if (name !== 'docker') return

  test('a program must get a result for a schema that it holds itself', async () => {
    t.model.load({ steps: [{ text: '[1, 2]' }] })
    await using b = await library.berth()
    const outputSchema = { type: 'array', items: { type: 'integer' } }
    const task = await b.launch({
      engine: flag,
      repo: t.remote.url,
      branch: 'main',
      baseUrl: t.model.url,
      outputSchema,
      prompt: 'count',
    })
    await expect(task.result()).rejects.toMatchObject({ code: 'no-result' })
    expect(await task.wait()).toMatchObject({ result: 'done' })
    expect(await task.result<readonly number[]>()).toEqual([1, 2])
  })

  test('a result that never fits must fail the task: its answers are kept, its work is not pushed', async () => {
    t.model.load({ steps: [{ text: 'a', shell: 'echo one > one.txt' }], after: { text: '{"files": "one.txt"}' } })
    const id = await start(['--output-tries', '1'])
    expect((await t.b.run(['wait', id])).code).toBe(1)
    const record = await t.b.status(id)
    expect(record).toMatchObject({
      state: 'failed',
      outcome: { class: 'agent', reason: 'the result does not fit the schema: /files must be array' },
      turns: [{ attempt: 2, result: { fits: false, checked: 2 } }],
      pushed: null,
      commits: [{ subject: 'name the files' }],
    })
    const unfit = (await t.b.events(id)).filter((event) => event.type === 'result.unfit')
    expect(unfit).toMatchObject([{ attempt: 1 }, { attempt: 2, answer: '{"files": "one.txt"}' }])
    const none = await t.b.run(['result', id])
    expect(none).toMatchObject({ code: 2, stdout: '' })
    expect(none.stderr).toContain(`turn 1 of ${id}: the result does not fit the schema: /files must be array`)
    // A further try begins with what was wrong.
    t.model.load({ steps: [{ contains: '/files must be array', text: '{"files": ["one.txt"]}' }] })
    expect((await t.b.run(['resume', id])).code).toBe(0)
    expect((await t.b.run(['wait', id])).code).toBe(0)
    expect(JSON.parse((await t.b.run(['result', id])).stdout)).toEqual({ files: ['one.txt'] })
  })
})
