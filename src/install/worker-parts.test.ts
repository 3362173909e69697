import { chmodSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { AGENTS, workerParts } from './worker-parts.ts'

const FILES = [
  ...['bin/node', 'bin/claude', 'bin/gemini', 'bin/opencode', 'bin/tini', 'bin/git-remote-berth', 'bin/standalone'],
  ...[
    'lib/worker-loader',
    'lib/ld-linux-x86-64.so.2',
    'lib/claude/claude',
    'lib/codex/bin/codex',
    'lib/codex/codex-path/rg',
  ],
  ...['lib/gemini/gemini.js', 'lib/gemini-start.cjs', 'libexec/opencode', 'worker/main.cjs', 'seccomp.json'],
]
const AGENT_VERSIONS = { codex: '1', claude: '2', gemini: '3', opencode: '4' }

const toolbox = (folder: ReturnType<typeof temporaryFolder>) => {
  const path = folder.at('toolbox')
  for (const file of FILES) {
    mkdirSync(dirname(`${path}/${file}`), { recursive: true })
    writeFileSync(`${path}/${file}`, file)
  }
  symlinkSync('../lib/codex/bin/codex', `${path}/bin/codex`)
  symlinkSync('../lib/codex/codex-path/rg', `${path}/bin/rg`)
  for (const hidden of ['bin/tini', 'lib/worker-loader']) chmodSync(`${path}/${hidden}`, 0o111)
  const manifest = { hash: 'h', node: '24', git: '2', npm: '11', worker: 'w', agents: AGENT_VERSIONS }
  writeFileSync(`${path}/manifest.json`, JSON.stringify(manifest))
  return { path, manifest }
}

const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true })).filter((name) => !lstatSync(`${folder}/${name}`).isDirectory()).sort()

test('a worker image gets the whole toolbox but what nobody may read, and what a build changes apart', async () => {
  using folder = temporaryFolder()
  await workerParts(toolbox(folder), 'all', folder.path)
  expect(await filesIn(folder.at('build'))).toEqual([
    ...['bin/git-remote-berth', 'bin/standalone', 'manifest.json', 'seccomp.json', 'worker/main.cjs'],
  ])
  expect(await filesIn(folder.at('parts'))).toEqual(
    [
      ...['bin/claude', 'bin/codex', 'bin/gemini', 'bin/node', 'bin/opencode', 'bin/rg', 'lib/gemini-start.cjs'],
      ...['lib/claude/claude', 'lib/codex/bin/codex', 'lib/codex/codex-path/rg', 'lib/gemini/gemini.js'],
      ...['lib/ld-linux-x86-64.so.2', 'libexec/opencode'],
    ].sort(),
  )
  expect(lstatSync(folder.at('parts/bin/codex')).isSymbolicLink()).toBe(true)
})

test.each([
  ['codex', ['bin/codex', 'bin/rg', 'lib/codex/bin/codex', 'lib/codex/codex-path/rg']],
  ['claude', ['bin/claude', 'lib/claude/claude']],
  ['gemini', ['bin/gemini', 'lib/gemini-start.cjs', 'lib/gemini/gemini.js']],
  ['opencode', ['bin/opencode', 'libexec/opencode']],
])('one for %s has its files and no other agent', async (agent, own) => {
  using folder = temporaryFolder()
  await workerParts(toolbox(folder), agent, folder.path)
  expect(await filesIn(folder.at('parts'))).toEqual([...own, 'bin/node', 'lib/ld-linux-x86-64.so.2'].sort())
  const { agents } = JSON.parse(readFileSync(folder.at('build/manifest.json'), 'utf8')) as { readonly agents: object }
  expect(Object.keys(agents)).toEqual([agent])
})

test('each agent of a toolbox can have an image of its own', () => {
  expect([...AGENTS].sort()).toEqual(Object.keys(AGENT_VERSIONS).sort())
})
