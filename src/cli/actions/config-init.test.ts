import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { terminal } from '../../../test/fixtures/terminal.ts'

const MAIN = join(import.meta.dirname, '../../../test/fixtures/cli-from-sources/main.ts')

/** `berth config init` on a terminal of its own. */
const scene = () => {
  const folder = temporaryFolder('berth-init-')
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder.path, BERTH_HOME: folder.path, NO_COLOR: '1' }
  const run = (...args: readonly string[]) =>
    terminal([process.execPath, MAIN, 'config', 'init', ...args], { env, cwd: folder.path, columns: 200 })
  return { folder, file: folder.at('config.toml'), run }
}

test('on a terminal it asks for each setting, asks again after a mistake, and writes what was answered', async () => {
  const { folder, file, run } = scene()
  using _ = folder
  const asked = run()
  const answers = [
    ['agent: ', 'claude'],
    ['model: ', ''],
    ['engine: ', 'podman'],
    ['image: ', ''],
    ['memory: ', 'much'],
    ['"much" is not a size', '4g'],
    ['push: ', 'none'],
  ] as const
  for (const [question, answer] of answers) {
    await asked.shows(question)
    asked.type(`${answer}\r`)
  }
  expect(await asked.over).toBe(0)
  expect(asked.screen).toContain('(default: 8 GiB)')
  const settings = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
  expect(settings.join('\n').trim()).toBe('agent = "claude"\nengine = "podman"\nmemory = "4g"\npush = "none"')
})

test('Ctrl-C in the middle of the questions writes nothing', async () => {
  const { folder, file, run } = scene()
  using _ = folder
  const asked = run()
  await asked.shows('agent: ')
  asked.type('claude\r')
  await asked.shows('model: ')
  asked.type('\x03')
  expect(await asked.over).not.toBe(0)
  expect(existsSync(file)).toBe(false)
})

test('with a flag, or with a file that is there, it asks nothing', async () => {
  const { folder, file, run } = scene()
  using _ = folder
  const flags = run('--agent', 'codex')
  expect(await flags.over).toBe(0)
  expect(flags.screen).not.toContain('model: ')
  const before = readFileSync(file, 'utf8')
  const again = run()
  expect(await again.over).toBe(2)
  expect(again.screen).toContain('the config file exists already')
  expect(again.screen).not.toContain('agent: ')
  expect(readFileSync(file, 'utf8')).toBe(before)
})
