import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { INVISIBLE } from '../../src/std/invisible.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { terminal } from '../fixtures/terminal.ts'
import { taskOf, type Workshop, workshop } from '../fixtures/workshop.ts'

const BERTH = join(import.meta.dirname, '..', '..', 'bin', 'berth')

/** What a terminal obeys or hides, as a shell's printf writes it; the text behind it is on every screen that shows it. */
const EVIL =
  '\\033]52;c;ZXZpbA==\\007\\033[8mhid\\033[2J\\033[1A\\302\\23331m\\330\\234\\342\\200\\213\\342\\200\\250\\342\\200\\256\\342\\201\\246\\357\\273\\277\\303\\050\\r\\b\\177evil'
const EVIL_TEXT = '\u001b[8m\u001b]0;x\u0007\u009b31m\u061c\u200b\u2028\u202e\u2066\ufeffevil'
const NAME = 'n-$(printf "\\033]52;c;eA==\\007\\342\\200\\256\\302\\233evil")'

/** The agent: names of files, subjects, contents and output that all try it. */
const SHELL = [
  `printf '${EVIL}\\n'; printf '${EVIL}\\n' >&2`,
  `printf '${EVIL}\\nmore\\n' > "${NAME}"; printf '${EVIL}\\n' > file.txt`,
  `git add -A`,
  `git commit -q -m "$(printf '${EVIL}')"`,
  `printf '${EVIL}' > "left-${NAME}"`,
].join('; ')

// biome-ignore lint/suspicious/noControlCharactersInRegex: our own codes, and the line ends that a terminal makes
const OWN = /\u001b\[(?:0|1|2|3|22|23|3[1-6]|39|49)m|\r+\u001b\[J|\r+\n|\r$/g
const STRANGE = new RegExp(String.raw`[\x00-\x08\x0b-\x1f\x7f-\x9f${INVISIBLE}]`, 'u')

const [docker] = rootfulEngines()

describe.runIf(docker !== undefined)('a terminal that shows a hostile task', () => {
  let shop: Workshop
  const folder = temporaryFolder('berth-terminal-')
  const checkout = folder.at('checkout')
  let url = ''
  let id = ''
  const onTerminal = async (...args: readonly string[]): Promise<string> => {
    const shown = terminal([BERTH, ...args], { env: { ...shop.b.env, PWD: checkout }, columns: 200 })
    await shown.over
    return shown.screen
  }
  const start = ['--engine', docker?.flag ?? '', '--agent', 'noop', '--title', EVIL_TEXT, '--label', `a=${EVIL_TEXT}`]

  beforeAll(async () => {
    shop = await workshop(docker?.flag ?? '')
    const bare = makeBare(folder.at('remote.git'), { 'file.txt': 'one\n' })
    url = `file://${bare}`
    mkdirSync(checkout)
    git(folder.at('.'), ['clone', '--quiet', bare, checkout])
  }, 120_000)
  afterAll(async () => {
    await shop.close()
    folder[Symbol.dispose]()
  })

  const harmless = (name: string, screen: string) =>
    expect([name, STRANGE.exec(screen.replace(OWN, '\n'))?.[0] ?? null, screen.length > 0]).toEqual([name, null, true])

  test('gets none of it from any command', async () => {
    const ran = await onTerminal('run', ...start, '--repo', url, '--provider-arg', `shell=${SHELL}`, EVIL_TEXT)
    id = taskOf({ stdout: ran, stderr: '' } as never)
    harmless('run', ran)
    expect(ran).toContain('evil')
    writeFileSync(`${checkout}/file.txt`, 'dirty\n')
    const commands: readonly (readonly string[])[] = [
      ['ls', '-a'],
      ['ls', '-a', '--json'],
      ['status', id],
      ['status', '-v', id],
      ['status', '--timing', id],
      ['status', '--json', id],
      ['log', id],
      ['log', '--json', id],
      ['log', '--container', id],
      ['diff', id],
      ['diff', '--stat', id],
      ['usage'],
      ['usage', '--by', 'label:a'],
      ['queue'],
      ['push', id],
      ['push', '--to', 'other', id],
      ['wait', id],
      ['send', id, EVIL_TEXT],
      ['fork', id, EVIL_TEXT],
      ['resume', id],
      ['stop', id],
      ['status', EVIL_TEXT],
      ['run', '--agent', EVIL_TEXT, 'x'],
      ['run', '--repo', EVIL_TEXT, 'x'],
      ['wait', '--all'],
      ['archive', id],
      ['prune', '--dry-run'],
      ['doctor'],
      ['config', 'show'],
      ['providers'],
      ['auth', 'status'],
      ['version'],
      ['rm', '--force', id],
      ['rm', '--force', '--all'],
    ]
    for (const args of commands) harmless(args.join(' '), await onTerminal(...args))
  }, 600_000)

  test('a diff shows what its files hide, and a pipe gets the bytes', async () => {
    const ran = await shop.b.run(['run', ...start, '--repo', url, '--provider-arg', `shell=${SHELL}`, 'work'])
    const task = taskOf(ran)
    const shown = await onTerminal('diff', task)
    harmless('diff', shown)
    expect(shown).toContain('\\u001b]52;c;ZXZpbA==\\u0007\\u001b[8mhid\\u001b[2J')
    expect(shown).toContain('\\u061c\\u200b\\u2028\\u202e\\u2066\\ufeff')
    const piped = await shop.b.run(['diff', task])
    expect(piped.stdout).toContain('\u001b]52;c;ZXZpbA==\u0007\u001b[8mhid\u001b[2J')
  }, 300_000)

  test('what apply and checkout say of names is written out', async () => {
    const ran = await shop.b.run(['run', ...start, '--repo', url, '--provider-arg', `shell=${SHELL}`, 'work'])
    const task = taskOf(ran)
    writeFileSync(`${checkout}/n-\u001b]52;c;eA==\u0007\u202e\u009bevil`, 'mine\n')
    for (const verb of ['apply', 'checkout']) {
      const shown = terminal(['sh', '-c', `cd ${checkout} && exec ${BERTH} ${verb} ${task}`], {
        env: shop.b.env,
        columns: 200,
      })
      await shown.over
      harmless(verb, shown.screen)
    }
  }, 300_000)
})
