import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContext } from '../../src/cli/context.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { FLAG_WORDS, fileName, KEYS, SETTINGS, variableOf } from '../../src/config/settings.ts'
import { ERRORS, EXIT } from '../../src/domain/errors.ts'
import { EVENT_TYPES } from '../../src/domain/event-shape.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { providerSuite } from '../conformance/provider.ts'
import { samples } from '../fixtures/event-samples.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const inDocs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
const inGuides = readdirSync(join(root, 'docs/guides'))
const inDecisions = readdirSync(join(root, 'docs/decisions')).filter((name) => name !== 'README.md')
const pages = [
  ...['README.md', 'AGENTS.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'test/SCENARIOS.md', 'docs/decisions/README.md'],
  ...[...inDocs, ...inGuides.map((name) => `guides/${name}`), ...inDecisions.map((name) => `decisions/${name}`)].map(
    (name) => `docs/${name}`,
  ),
]
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '')

/** The name of a heading in a link, as forges make it. */
const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

const isBroken = (page: string, link: string): boolean => {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, target))) return true
  return (
    anchor !== undefined &&
    !all(read(target), /^#+ (.+)$/gm)
      .map(slug)
      .includes(anchor)
  )
}

const commandPaths = (): readonly string[] =>
  makeProgram(makeContext()).commands.flatMap((command) => [
    command.name(),
    ...command.commands.map((child) => `${command.name()} ${child.name()}`),
  ])

describe('docs', () => {
  it('troubleshooting has a whole section for each error, and for no other', () => {
    const text = read('docs/troubleshooting.md')
    const sections = all(
      text,
      /^### (.+)\n\n- \*\*Symptom:\*\* \S.*\n(?: {2}\S.*\n)*- \*\*Cause:\*\* \S.*\n(?: {2}\S.*\n)*- \*\*Fix:\*\* \S.*$/gm,
    )
    expect(sections).toEqual(Object.keys(ERRORS))
    expect(all(text, /^### (.+)$/gm)).toEqual(sections)
  })

  it('the reference has each command, and the README names each', () => {
    const paths = commandPaths()
    expect(all(read('docs/cli.md'), /^## berth (.+)$/gm)).toEqual(paths)
    const table = read('README.md').split('## Commands')[1]?.split('\n## ')[0] ?? ''
    const groups = new Set(paths.flatMap((path) => (path.includes(' ') ? [path.split(' ')[0]] : [])))
    for (const path of paths) if (!groups.has(path)) expect(table).toMatch(new RegExp(`\`berth ${path}[ \`]`))
  })

  it('the man page has each command, and no sign in it that roff would take for its own', () => {
    const page = read('man/berth.1')
    expect(all(page, /^\.SS ([a-z\\ -]+?)(?= [^a-z]|$)/gm).map((path) => path.trim().replaceAll('\\-', '-'))).toEqual(
      commandPaths(),
    )
    const requests = new Set(all(page, /^\.(\S+)/gm))
    expect([...requests].sort()).toEqual(['B', 'PP', 'SH', 'SS', 'TH', 'TP', '\\"', 'fi', 'nf'])
    expect(page.split('\n').filter((line) => line.startsWith("'"))).toEqual([])
  })

  it('the help of each command shows examples of it', () => {
    // Those below a word stand with the word.
    const sections = new Map(
      read('docs/cli.md')
        .split(/^## berth /m)
        .map((section) => [section.split('\n', 1)[0] ?? '', section.split(/^Examples?:$/m)[1] ?? '']),
    )
    const without = commandPaths()
      .filter((path) => !path.includes(' '))
      .filter((path) => !new RegExp(`\\bberth ${path}\\b`).test(sections.get(path) ?? ''))
    expect(without).toEqual([])
  })

  it('each setting is documented, with its variable where it has one', () => {
    const text = read('docs/configuration.md')
    for (const key of KEYS) {
      if (SETTINGS[key].scope !== 'request') expect(text).toContain(`| \`${fileName(key)}\` | \`${variableOf(key)}\` |`)
      else expect(text).toContain(`| \`${FLAG_WORDS[key] ?? `--${key}`}\` |`)
    }
  })

  it('the README has each exit code', () => {
    const table = read('README.md').split('## Exit codes')[1]?.split('\n## ')[0] ?? ''
    expect(all(table, /^\| (\d+) \|/gm).map(Number)).toEqual(Object.values(EXIT))
  })

  it.each(['docs/requirements.md', 'docs/faults.md', 'docs/architecture.md'])(
    '%s names files that are there',
    (page) => {
      const named = all(read(page), /`((?:src|test|docs|bench|scripts|images)\/[^`]+)`/g)
      expect(named.length).toBeGreaterThan(20)
      expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
    },
  )

  it('docs/events.md has each type of event with each of its fields, and no other', () => {
    const rows = new Map(all(read('docs/events.md'), /^\| (`[^|]*)/gm).map((row) => [row.trim().slice(1, -1), row]))
    expect([...rows.keys()].toSorted()).toEqual(EVENT_TYPES.toSorted())
    const lines = read('docs/events.md').split('\n')
    for (const [type, sample] of Object.entries(samples)) {
      const line = lines.find((one) => one.startsWith(`| \`${type}\` |`)) ?? ''
      const fields = Object.keys(sample).filter((field) => !['type', 'turn', 'from'].includes(field))
      expect([type, fields.filter((field) => !line.includes(`\`${field}\``))]).toEqual([type, []])
    }
  })

  it.each(inDecisions)('docs/decisions/%s has all its parts, and the list names it', (name) => {
    const parts = ['Context', 'Decision', 'Rejected', 'Consequences']
    expect(all(read(`docs/decisions/${name}`), /^## (.+)$/gm)).toEqual(parts)
    expect(read('docs/decisions/README.md')).toContain(`](${name})`)
  })

  it('the path of a prompt has at most 45 stations in src/app', () => {
    const path = read('docs/architecture.md').split('## The path of a prompt')[1]?.split('\n## ')[0] ?? ''
    const stations = all(path, /^\| [^|]*\| `src\/app\/([^`]+)` \|/gm)
    expect(stations.length).toBeGreaterThan(20)
    expect(stations.length).toBeLessThanOrEqual(45)
    expect(new Set(stations).size).toBe(stations.length)
  })

  it('the index names each page', () => {
    const named = all(read('docs/README.md'), /\]\(([^)#]+)\)/g)
    const there = [...inDocs.filter((name) => name !== 'README.md'), ...inGuides.map((name) => `guides/${name}`)]
    expect(there.filter((name) => !named.includes(name))).toEqual([])
  })

  it('the recording of the demo shows each of its parts, and nothing of the machine', () => {
    const [head = '', ...events] = read('docs/demo.cast').trimEnd().split('\n')
    expect(JSON.parse(head)).toMatchObject({ version: 2, title: 'make demo' })
    const output = events.map((line) => (JSON.parse(line) as [number, string, string])[2]).join('')
    const titles = all(read('scripts/demo.sh'), /^title '(.+)'$/gm)
    expect(titles.length).toBeGreaterThan(5)
    expect(titles.filter((title) => !output.includes(`== ${title} ==`))).toEqual([])
    const [, still = ''] = /docs\/demo\.cast`[^`]*```text\n(.*?)```/s.exec(read('README.md')) ?? []
    const lines = still.trimEnd().split('\n')
    expect(lines).toContain('    variables with the key: 0')
    expect(lines.filter((line) => !line.includes(' ... ') && !output.includes(line))).toEqual([])
    expect(output).not.toMatch(/\/(?:home|root|work\/\w)/)
  })

  it('AGENTS.md is short', () => {
    expect(read('AGENTS.md').trimEnd().split('\n').length).toBeLessThanOrEqual(120)
  })

  it.each(pages)('links of %s lead somewhere', (page) => {
    const links = all(read(page), /\]\(([^)\s]+)\)/g).filter((link) => !/^[a-z]+:/.test(link))
    expect(links.filter((link) => isBroken(page, link))).toEqual([])
  })
})

const [, example = ''] =
  /<!-- example: src\/providers\/mine\.ts -->\n```ts\n(.*?)```/s.exec(read('docs/adding-a-provider.md')) ?? []
const script = `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(example))}`
const { mine } = (await import(/* @vite-ignore */ script)) as { readonly mine: Provider }

describe('the provider that docs/adding-a-provider.md makes', () => {
  providerSuite(mine, ['{"type":"message","text":"hello"}', '{"type":"done"}'])
})
