import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import type { Submodule } from '../../git/git.ts'
import type { LaunchDeps } from '../deps.ts'
import { bringModules } from './modules.ts'

const HOST = 'https://git.example.com'
const SHA = 'a'.repeat(40)

/** A task on a repository; each repository names these submodules, by their paths and the last names of their URLs. */
const scene = (world: Readonly<Record<string, Readonly<Record<string, string>>>>, fail?: BerthError) => {
  const folder = temporaryFolder()
  mkdirSync(folder.at('modules'))
  const events: EventBody[] = []
  const brought: string[] = []
  const modules = (repository: string): Submodule[] =>
    Object.entries(world[repository] ?? {}).map(([path, name]) => ({ path, name: path, url: `../${name}`, sha: SHA }))
  const run = async () => {
    const source = { kind: 'clone', url: `${HOST}/main`, mirror: 'main', sha: SHA }
    const submodules = { rule: 'own-host', base: `${HOST}/main` }
    await bringModules({
      plan: { task: 't', turn: 1, source: { ...source, submodules }, folders: { task: folder.at() } },
      git: {
        submodules: async ({ repository }: { repository: string }) => ({ modules: modules(repository), left: [] }),
        bringModule: async ({ url }: { url: string }) => {
          brought.push(url)
          if (fail !== undefined) throw fail
          return url.slice(HOST.length + 1)
        },
      },
      emit: (...told: EventBody[]) => void events.push(...told),
      signal: new AbortController().signal,
    } as unknown as LaunchDeps)
  }
  const notices = () => events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))
  const list = () => JSON.parse(readFileSync(folder.at('modules/list.json'), 'utf8'))
  return { folder, run, notices, list, brought }
}

test('a repository that lies in itself is left out', async () => {
  const { folder, run, notices, list } = scene({ main: { a: 'one' }, one: { b: 'two' }, two: { c: 'one', d: 'main' } })
  using _ = folder
  await run()
  expect(notices()).toEqual([
    `submodule a/b/c is left out: ${HOST}/one lies in itself`,
    `submodule a/b/d is left out: ${HOST}/main lies in itself`,
  ])
  expect(list()).toEqual({
    commit: SHA,
    modules: [
      { path: 'a', within: 'a', outer: '', name: 'a', url: `${HOST}/one`, sha: SHA, repository: 'one' },
      { path: 'a/b', within: 'b', outer: 'modules/a', name: 'b', url: `${HOST}/two`, sha: SHA, repository: 'two' },
    ],
  })
})

test('four may lie in each other, and sixty-four in all', async () => {
  const chain = { main: { d: '1' }, 1: { d: '2' }, 2: { d: '3' }, 3: { d: '4' }, 4: { d: '5' } }
  const deep = scene(chain)
  using _ = deep.folder
  await deep.run()
  expect(deep.brought).toHaveLength(4)
  expect(deep.notices()).toEqual(['submodule d/d/d/d/d is left out: Berth takes 64 in all, 4 in each other'])

  const many = (names: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${names}${at}`, `${names}${at}`]))
  const wide = scene({ main: many('a', 60), a0: many('b', 10) })
  using _wide = wide.folder
  await wide.run()
  expect(wide.brought).toHaveLength(64)
  expect(wide.notices()).toHaveLength(6)
})

test('what cannot be fetched is left out; a full disk ends the turn', async () => {
  const gone = scene({ main: { a: 'one' } }, new BerthError('repository-unreachable', 'asked one: no answer'))
  using _ = gone.folder
  await gone.run()
  expect(gone.notices()).toEqual(['submodule a is left out: asked one: no answer'])
  expect(gone.list().modules).toEqual([])
  const full = scene({ main: { a: 'one' } }, new BerthError('disk-full', 'no space'))
  using _full = full.folder
  await expect(full.run()).rejects.toThrow('no space')
})

test('a commit is asked for once; another one again', async () => {
  const { folder, run, brought } = scene({ main: { a: 'one' } })
  using _ = folder
  await run()
  await run()
  expect(brought).toHaveLength(1)
  writeFileSync(folder.at('modules/list.json'), JSON.stringify({ commit: 'b'.repeat(40), modules: [] }))
  await run()
  expect(brought).toHaveLength(2)
})
