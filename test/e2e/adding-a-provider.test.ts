import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProvidersAnswer } from '../../src/api/answers.ts'
import { berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/adding-a-provider.md'), 'utf8')
const MADE = ['.git', 'dist', 'node_modules']

/** A checkout in which the page was followed. */
const copy = temporaryFolder('berth-adding-')
const run = (program: string, ...args: readonly string[]) =>
  execFileSync(join(copy.path, 'node_modules/.bin', program), args, { cwd: copy.path, encoding: 'utf8', stdio: 'pipe' })

beforeAll(() => {
  for (const part of readdirSync(ROOT).filter((name) => !MADE.includes(name)))
    cpSync(join(ROOT, part), copy.at(part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), copy.at('node_modules'))
  const examples = [...PAGE.matchAll(/<!-- example: (\S+) -->\n```ts\n(.*?)```\n<!-- example: end -->/gs)]
  expect(examples.map(([, path]) => path)).toEqual(['src/providers/mine.ts', 'src/providers/mine.test.ts'])
  for (const [, path = '', text = ''] of examples) writeFileSync(copy.at(path), text)
  const wire = copy.at('src/app/wire.ts')
  const text = readFileSync(wire, 'utf8')
  const added = text.replace('const PROVIDERS = [', 'const PROVIDERS = [mine, ')
  expect(added).not.toBe(text)
  writeFileSync(wire, `import { mine } from '../providers/mine.ts'\n${added}`)
})
afterAll(() => copy[Symbol.dispose]())

test('the page is short, its provider has the types of the port, and the generated suite passes it', () => {
  expect(PAGE.split('\n').length).toBeLessThan(100)
  run('tsc', '--noEmit', '-p', '.')
  const report = copy.at('report.json')
  run('vitest', 'run', '--project', 'unit', '--reporter=json', `--outputFile=${report}`, 'src/providers/mine.test.ts')
  const { success, numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as Readonly<Record<string, unknown>>
  expect(success).toBe(true)
  expect(numPassedTests).toBeGreaterThan(10)
})

/** Mine, as its maker would have it: it asks its model by the placeholder. */
const CLI = `#!${process.execPath}
if (process.argv.includes('--version')) { console.log('mine 1.2.0'); process.exit() }
const { MINE_BASE_URL: url, MINE_API_KEY_PLACEHOLDER: key } = process.env
const content = require('node:fs').readFileSync(0, 'utf8')
const ask = { model: process.argv[process.argv.indexOf('--model') + 1], messages: [{ role: 'user', content }] }
const headers = { authorization: 'Bearer ' + key, 'content-type': 'application/json' }
fetch(url + '/chat/completions', { method: 'POST', headers, body: JSON.stringify(ask) })
  .then((answer) => answer.json())
  .then(({ choices }) => console.log(choices[0].message.content + '\\n{"type":"done"}'))
`

test('it does a task, with the key outside, and is named where agents are', async () => {
  const key = 'sk-canary-of-mine'
  run('node', 'scripts/build.ts')
  await using model = await startModelServer({ scenario: { key, side: { text: 'words of mine' } } })
  const b = berth({ program: copy.at('bin/berth'), env: { MINE_API_KEY: key } })
  try {
    const folder = join(b.folder, 'bin')
    mkdirSync(folder)
    writeFileSync(join(folder, 'mine'), CLI)
    chmodSync(join(folder, 'mine'), 0o755)
    b.env['PATH'] = `${folder}:${b.env['PATH']}`

    const { providers } = await b.json<ProvidersAnswer>(['providers'])
    expect(providers[0]).toMatchObject({ id: 'mine', tested: '1.2.3', key: 'MINE_API_KEY', keySet: true })
    const flags = ['--agent', 'mine', '--model', 'm-1', '--base-url', `${model.url}/v1`]
    const ran = await b.run(['run', '--isolation', 'host', ...flags, 'do it'])
    expect(ran, ran.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('words of mine') })
    expect(ran.stderr + ran.stdout).toContain('older than the tested 1.2.3')
    expect(model.requests).toMatchObject([{ model: 'm-1', last: 'do it' }])
    for (const { kind } of rootfulEngines())
      expect(await b.run(['run', '--engine', kind, ...flags, 'do it'])).toMatchObject({
        code: 5,
        stderr: expect.stringContaining('the toolbox has no Mine'),
      })
    const keyed = await b.run(['run', '--isolation', 'host', ...flags, '--env', 'MINE_API_KEY', 'do it'])
    expect(keyed).toMatchObject({ code: 2, stderr: expect.stringContaining('--env MINE_API_KEY') })
  } finally {
    await b.close()
  }
})
