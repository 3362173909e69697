import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { shownProviders } from '../../src/app/wire.ts'
import { parseConfig } from '../../src/config/config-file.ts'
import { mergeConfig } from '../../src/config/load-config.ts'
import { TEST_AGENTS } from '../fixtures/test-agents.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const list = shownProviders.map(({ id }) => id).join(', ')

describe('each place that lists the agents lists each of them', () => {
  test.each([
    ['src/config/settings.ts', `Run this agent CLI: ${list}, or an agent of the config file.`],
    ['docs/troubleshooting.md', `there is no such agent; known: ${list}\``],
    ['docs/architecture.md', `port provider.ts; ${list};`],
  ])('%s', (path, words) => expect(read(path)).toContain(words))

  test.each(shownProviders.map(({ id, title, key }) => ({ id, title, key })))(
    'README, CHANGELOG, docs and reserved names: $id',
    ({ id, title, key }) => {
      expect(read('README.md')).toMatch(new RegExp(`^\\| \`${id}\`[ |]`, 'm'))
      expect(read('CHANGELOG.md')).toContain(title)
      expect(read('docs/engines.md')).toMatch(new RegExp(`^\\| the agent's CLI \\|.*\\b${id}\\b`, 'm'))
      expect(read('docs/configuration.md')).toContain(key?.env ?? '')
      const config = () => mergeConfig({}, {}, parseConfig(`[providers.${id}]\ncommand = ["x"]`, 'config.toml'))
      expect(config).toThrow('Berth has an agent of this name')
    },
  )

  test('scripts/update-agent.sh and the end-to-end tests: each CLI of the toolbox', () => {
    const inToolbox = shownProviders.flatMap(({ id, binary }) => (binary === null ? [] : [id]))
    expect(TEST_AGENTS.map(({ id }) => id).toSorted()).toEqual(inToolbox.toSorted())
    expect(read('scripts/update-agent.sh')).toContain(`AGENT=${inToolbox.join('|')} `)
  })
})
