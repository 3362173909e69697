import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { terminalVisible } from '../std/terminal-visible.ts'

const LITERAL = /'((?:\\r)?\\u001b[^']*)'/g

/** The codes that the CLI's own sources write, each with the file that it stands in. */
const ownCodes = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .flatMap((name) =>
    [...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(LITERAL)].map(
      ([, code]) => [name, JSON.parse(`"${code}"`) as string] as const,
    ),
  )

test('there are codes of our own to look at', () => expect(ownCodes.length).toBeGreaterThan(3))

test.each(ownCodes)('%s: the gate lets %j through', (_, code) => {
  expect(terminalVisible(`${code}text`, { own: true })).toBe(`${code}text`)
})

test('what clears or changes the screen passes at the beginning of a write alone', () => {
  for (const code of ['\u001b[H\u001b[J', '\u001b[?1049h', '\u001b[?1049l'])
    expect(terminalVisible(`an agent's ${code}text`, { own: true })).not.toContain('\u001b')
})
