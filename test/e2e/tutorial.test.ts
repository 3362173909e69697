import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { spawn } from '../../src/std/spawn.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/tutorial.md'), 'utf8')

type Part = { readonly commands: string; readonly shown: string | undefined }

/** The blocks of commands of the page, each with the output that the page shows below it. */
const parts: readonly Part[] = [...PAGE.matchAll(/^```sh\n(.*?)^```$(?:(?:(?!^```).)*?^```text\n(.*?)^```$)?/gms)].map(
  ([, commands = '', shown]) => ({ commands, shown }),
)

/** A line of the page as a pattern: ids and times differ, columns may be wider, and … stands for any text. */
const linePattern = (line: string): string =>
  line
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('…', '.*')
    .replaceAll(/ +/g, ' +')
    .replaceAll(/\bt-01k3\w*/g, 't-[0-9a-z]+')
    .replaceAll(/\b\d+s\b/g, '\\d+s')

/** What the page shows, as a pattern; a line of three dots stands for any lines. */
const pattern = (shown: string): RegExp => {
  const lines = shown.trimEnd().split('\n')
  return new RegExp(
    `^${lines.map((line) => (line === '...' ? '(?:.*\\n)*?' : `${linePattern(line)} *\\n`)).join('')}`,
    'm',
  )
}

/** The parts in one shell, as a reader runs them. It prints a mark before each, and cleans up if one of them fails. */
const script = [
  'set -e',
  'exec 2>&1',
  `trap 'jobs -p | xargs -r kill 2>/dev/null; berth rm --force --all >/dev/null 2>&1 || true' EXIT`,
  ...parts.flatMap(({ commands }, index) => [`printf '\\n== part %s ==\\n' ${index}`, commands]),
].join('\n')

describe.each(anyEngine())('docs/tutorial.md on $name', ({ flag }) => {
  test('every command must work, and print what the page shows', async () => {
    using folder = temporaryFolder('berth-tutorial-')
    const { PATH = '', HOME = '/' } = process.env
    const env = { PATH, HOME, TMPDIR: folder.path, BERTH_ENGINE: flag }
    const ran = await spawn('bash', ['-c', script], { cwd: ROOT, env, limitMs: 120_000 })
    const outputs = ran.stdout
      .toString()
      .split(/\n== part \d+ ==\n/)
      .slice(1)
    expect({ code: ran.code, last: outputs.at(-1) }).toEqual({ code: 0, last: expect.any(String) })
    expect(outputs.length).toBe(parts.length)
    expect(parts.filter(({ shown }) => shown !== undefined).length).toBeGreaterThan(4)
    for (const [index, { shown }] of parts.entries())
      if (shown !== undefined) expect(outputs[index]).toMatch(pattern(shown))
    expect(readdirSync(folder.path)).toEqual([])
  })
})
