import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { libraryContext, nodeOf, refuseOldNode } from './library-context.ts'

afterEach(() => void vi.unstubAllEnvs())

test.each(['22.22.9', '20.19.0', '18.0.0'])('Node %s is refused', (version) => {
  expect(() => refuseOldNode(version)).toThrow(`Berth needs Node 22.23 or newer, and this one is ${version}`)
})

test.each(['22.23.0', '24.0.0', '26.1.0'])('Node %s is taken', (version) => {
  expect(() => refuseOldNode(version)).not.toThrow()
})

test('the environment is that of the process at each call, with the home that was given', () => {
  const context = libraryContext('some/folder', undefined)
  expect(context.paths.state).toBe(`${process.cwd()}/some/folder`)
  expect(context.env['BERTH_HOME']).toBe(`${process.cwd()}/some/folder`)
  vi.stubEnv('SOME_API_KEY', 'later')
  expect(context.env['SOME_API_KEY']).toBe('later')
})

test('without a home it is that of the command', () => {
  vi.stubEnv('BERTH_HOME', '/srv/berth')
  expect(libraryContext(undefined, undefined).paths).toMatchObject({
    state: '/srv/berth',
    configFile: '/srv/berth/config.toml',
  })
})

test.each(['project/node_modules/berth-agents/node_modules', 'project/node_modules'])(
  'the supervisor runs on the Node of the package, which npm put into %s',
  (place) => {
    const folder = temporaryFolder('berth-library-')
    onTestFinished(() => folder[Symbol.dispose]())
    const node = join(folder.path, place, `node-linux-${process.arch}/bin/node`)
    const entry = join(folder.path, 'project/node_modules/berth-agents/dist/supervisor.cjs')
    expect(nodeOf(entry)).toBe(process.execPath)
    mkdirSync(dirname(node), { recursive: true })
    writeFileSync(node, '')
    expect(nodeOf(entry)).toBe(node)
  },
)
