import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const IN = '/berth/exchange/files'

describe.each(anyEngine())('files with a prompt on $name', ({ flag, name }) => {
  const t = testBench('test')
  beforeEach(() => {
    writeFileSync(join(t.b.folder, 'shot.png'), Buffer.from(PNG, 'base64'))
    mkdirSync(join(t.b.folder, 'more'))
    writeFileSync(join(t.b.folder, 'notes.txt'), 'the first notes\n')
    writeFileSync(join(t.b.folder, 'more/notes.txt'), 'other notes\n')
  })

  const start = (...args: readonly string[]) =>
    t.b.run(['start', '--engine', flag, '--no-repo', '--base-url', t.model.url, ...args, 'look at these'])
  const files = (...paths: readonly string[]) => paths.flatMap((path) => ['--file', path])
  const tools = async (id: string) =>
    (await t.b.events(id)).flatMap((event) => (event.type === 'agent.tool.end' ? [event.output.trim()] : []))
  const seen = (text: string) => t.model.requests.filter((request) => request.text?.includes(text)).length

  test('the agent reads them inside, the model sees the picture; a further prompt brings its own', async () => {
    t.model.load({
      steps: [
        { text: 'a', shell: `cat ${IN}/notes.txt ${IN}/notes-2.txt; wc -c < ${IN}/shot.png` },
        { text: 'end 1' },
        { text: 'b', shell: `ls ${IN}` },
        { text: 'end 2' },
      ],
    })
    const started = await start(...files('notes.txt', 'more/notes.txt', 'shot.png'))
    expect(started.stderr).toBe('')
    const id = started.stdout.trim()
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const size = Buffer.from(PNG, 'base64').length
    expect(await tools(id)).toEqual([`the first notes\nother notes\n${size}`])
    expect(seen('data:image/png;base64')).toBeGreaterThan(0)
    expect(
      seen(`Files that go with this prompt:\\n- ${IN}/notes.txt\\n- ${IN}/notes-2.txt\\n- ${IN}/shot.png`),
    ).toBeGreaterThan(0)
    expect((await t.b.status(id)).turns[0]?.files).toEqual([
      { name: 'notes.txt', bytes: 16, media: null },
      { name: 'notes-2.txt', bytes: 12, media: null },
      { name: 'shot.png', bytes: size, media: 'image/png' },
    ])

    const sent = await t.b.run(['send', '--follow', ...files('shot.png'), id, 'and now'])
    expect(sent.code).toBe(0)
    expect((await tools(id)).at(-1)).toBe('shot.png')
  })

  if (name !== 'docker') return

  test('a turn that is tried again, by a supervisor that knows of it by its journal alone, has them again', async () => {
    t.model.load({ steps: [{ hang: 'head' }] })
    const id = (await start(...files('notes.txt', 'shot.png'))).stdout.trim()
    await t.b.until(id, (event) => event.type === 'agent.started')
    await t.b.run(['stop', id])
    process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
    t.model.reset()
    t.model.load({ steps: [{ text: 'a', shell: `cat ${IN}/notes.txt` }], after: { text: 'end' } })
    await t.b.run(['resume', id])
    expect((await t.b.run(['wait', id])).code).toBe(0)
    expect(await tools(id)).toEqual(['the first notes'])
    expect(seen('data:image/png;base64')).toBeGreaterThan(0)
    await t.b.run(['archive', id])
    expect(existsSync(join(t.b.home, 'tasks', id, 'files'))).toBe(false)
  })

  test('what cannot be sent is one error each, and nothing is made', async () => {
    writeFileSync(join(t.b.folder, 'big.bin'), '')
    truncateSync(join(t.b.folder, 'big.bin'), 20 * 1024 * 1024)
    execFileSync('mkfifo', [join(t.b.folder, 'pipe')])
    for (const [paths, says] of [
      [['no-such.png'], '--file no-such.png: there is no such file'],
      [['more'], '--file more: it is a folder'],
      [['pipe'], '--file pipe: it is not a regular file'],
      [
        ['notes.txt', 'big.bin', './big.bin'],
        '--file ./big.bin: with its 20 MiB the files are over the limit of 32 MiB',
      ],
      [Array.from({ length: 65 }, () => 'notes.txt'), '--file: 65 files; a prompt takes at most 64'],
    ] as const)
      expect(await start(...files(...paths))).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(`berth: ${says}`),
      })
    expect(existsSync(join(t.b.home, 'tasks')) ? readdirSync(join(t.b.home, 'tasks')) : []).toEqual([])

    t.model.load({ after: { text: 'fine' } })
    const id = (await start()).stdout.trim()
    await t.b.run(['wait', id])
    await t.b.until(id, (event) => event.type === 'container.removed')
    const before = (await t.b.status(id)).seq
    expect(await t.b.run(['send', '--file', 'no-such.png', id, 'x'])).toMatchObject({ code: 2 })
    expect((await t.b.status(id)).seq).toBe(before)
  })

  test('--dry-run names them', async () => {
    const ran = await start('--dry-run', ...files('shot.png'))
    expect(ran.stdout).toMatch(/^file {6}shot\.png, \d+ B, image\/png$/m)
    expect(ran.stdout).toContain(`--image=${IN}/shot.png`)
  })
})
