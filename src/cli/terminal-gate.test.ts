import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { terminalVisible } from '../std/terminal-visible.ts'
import { gateTerminal, writeRaw } from './terminal-gate.ts'

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

/** A stream with what it was given; the process' own streams are of this kind. */
const stream = (isTTY: boolean) => {
  const written: string[] = []
  const made = { isTTY, destroyed: false, write: (data: string | Uint8Array) => written.push(String(data)) > 0 }
  return { written, stream: made as unknown as NodeJS.WriteStream }
}
const HOSTILE = '\u001b]52;c;eA==\u0007\u202evil\u061c\u2028'

test('a terminal gets what it would obey or hide written out, also in bytes that come in pieces', () => {
  const { written, stream: terminal } = stream(true)
  const gated = gateTerminal(terminal)
  gated.write(HOSTILE)
  for (const byte of Buffer.from('\u202e')) gated.write(Uint8Array.of(byte))
  expect(written.join('')).toBe('\\u001b]52;c;eA==\\u0007\\u202evil\\u061c\\u2028\\u202e')
})

test('what is no terminal gets the bytes as they are, and so does a terminal what has passed the filter', async () => {
  const pipe = stream(false)
  gateTerminal(pipe.stream).write(HOSTILE)
  expect(pipe.written).toEqual([HOSTILE])
  const { written, stream: terminal } = stream(true)
  const gated = gateTerminal(terminal)
  void writeRaw(gated, HOSTILE)
  expect(written).toEqual([HOSTILE])
})
