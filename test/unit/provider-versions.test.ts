import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shownProviders } from '../../src/app/wire.ts'

const ROOT = join(import.meta.dirname, '../..')

test('adding a provider is told in under 100 lines', () => {
  expect(readFileSync(join(ROOT, 'docs/adding-a-provider.md'), 'utf8').split('\n').length).toBeLessThan(100)
})

test('the tested versions are those of the lock', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'images/toolbox/package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version?: string }>>
  }
  const packages: Readonly<Record<string, string>> = {
    codex: '@openai/codex',
    claude: '@anthropic-ai/claude-code-linux-x64',
    gemini: '@google/gemini-cli',
    opencode: 'opencode-linux-x64',
  }
  // The image brings the others.
  const inToolbox = shownProviders.filter(({ binary }) => binary !== null)
  expect(inToolbox.map(({ id, tested }) => [id, tested])).toEqual(
    Object.entries(packages).map(([id, name]) => [id, lock.packages[`node_modules/${name}`]?.version]),
  )
})
