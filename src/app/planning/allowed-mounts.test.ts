import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Deps } from '../deps.ts'
import { allowedVolumes, codeFolders, refuseFolder } from './allowed-mounts.ts'

let top: string
const at = (...names: readonly string[]) => join(top, ...names)
beforeAll(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'berth-mounts-')))
  for (const name of ['root/in', 'root-evil', 'out']) mkdirSync(at(name), { recursive: true })
  symlinkSync(at('out'), at('root', 'escape'))
  symlinkSync(at('root', 'in'), at('alias'))
  symlinkSync(at('root'), at('root-link'))
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

const volume = (source: string) => ({ source, target: '/x', readOnly: false })
const allowed = (roots: readonly string[] | null, source: string) =>
  allowedVolumes({ mountRoots: roots, workspaceBaseDir: null }, [volume(source)], [])[0]?.source

describe('mount-roots', () => {
  test('lets what lies beneath a root pass, by its real path', () => {
    expect(allowed([at('root')], at('root'))).toBe(at('root'))
    expect(allowed([at('root')], at('root', 'in'))).toBe(at('root', 'in'))
    expect(allowed([at('root')], at('alias'))).toBe(at('root', 'in'))
    expect(allowed([at('root-link')], at('root', 'in'))).toBe(at('root', 'in'))
    expect(allowed(['/'], at('out'))).toBe(at('out'))
  })

  test.each([
    ['a link that leads out', ['root'], ['root', 'escape']],
    ['a way out by ..', ['root'], ['root', 'in', '..', '..', 'out']],
    ['a sibling whose name begins so', ['root'], ['root-evil']],
    ['what holds the root', ['root', 'in'], ['root']],
    ['anything beneath a root that is not there', ['none'], ['out']],
  ])('refuses %s', (_, root, source) => {
    expect(() => allowed([at(...root)], at(...source))).toThrow(
      expect.objectContaining({ code: 'mount-not-allowed', message: expect.stringContaining('mount-roots') }),
    )
  })

  test('an empty list allows nothing, none allows everything as it is written', () => {
    expect(() => allowed([], at('out'))).toThrow('there are none')
    expect(allowed(null, at('alias'))).toBe(at('alias'))
  })

  test('holds for a mounted work folder, too', () => {
    const settings = { mountRoots: [at('root')], workspaceBaseDir: null }
    expect(() => refuseFolder(settings, { kind: 'mount', folder: at('root-evil') }, [])).toThrow('--source mount')
    expect(() => refuseFolder(settings, { kind: 'mount', folder: at('root', 'in') }, [])).not.toThrow()
    expect(() => refuseFolder(settings, { kind: 'copy', folder: at('out') }, [])).not.toThrow()
  })
})

describe('workspace-base-dir', () => {
  const settings = () => ({ mountRoots: null, workspaceBaseDir: at('root-link', 'in') })
  const refused = expect.objectContaining({ code: 'mount-not-allowed' })

  test.each([
    ['the folder itself', ['root', 'in']],
    ['a folder that it lies in', ['root']],
    ['a link to it', ['alias']],
  ])('lies in no mount that an agent can write: %s', (_, path) => {
    expect(() => allowedVolumes(settings(), [volume(at(...path))], [])).toThrow(refused)
    expect(() => refuseFolder(settings(), { kind: 'mount', folder: at(...path) }, [])).toThrow(refused)
  })

  test('may lie in a mount for reading only; other folders are as before', () => {
    expect(allowedVolumes(settings(), [{ ...volume(at('root')), readOnly: true }], [])).toHaveLength(1)
    expect(allowedVolumes(settings(), [volume(at('root-evil'))], [])).toHaveLength(1)
    expect(() => refuseFolder(settings(), { kind: 'mount', folder: at('out') }, [])).not.toThrow()
  })
})

describe('the folder of compiled code', () => {
  const refused = expect.objectContaining({ code: 'mount-not-allowed' })
  const settings = { mountRoots: null, workspaceBaseDir: null }
  const code = () => at('root', 'in', 'berth', 'compiled')

  test.each([
    ['a folder that it will be made in', ['root', 'in']],
    ['a link to such a folder', ['alias']],
  ])('lies in no mount that an agent can write: %s', (_, path) => {
    mkdirSync(code(), { recursive: true })
    expect(() => allowedVolumes(settings, [volume(at(...path))], [code()])).toThrow(refused)
    expect(() => refuseFolder(settings, { kind: 'mount', folder: at(...path) }, [code()])).toThrow(refused)
  })

  test('itself and what is in it neither; for reading only, and beside it, all is as before', () => {
    mkdirSync(at('root', 'in', 'berth', 'compiled', 'deep'), { recursive: true })
    for (const path of [code(), join(code(), 'deep')])
      expect(() => allowedVolumes(settings, [volume(path)], [code()])).toThrow(refused)
    expect(allowedVolumes(settings, [{ ...volume(at('root')), readOnly: true }], [code()])).toHaveLength(1)
    expect(allowedVolumes(settings, [volume(at('out'))], [code()])).toHaveLength(1)
    expect(allowedVolumes(settings, [volume(at('root'))], [])).toHaveLength(1)
  })

  test('is that of the supervisor, whatever the caller tells, and that of the caller', () => {
    const deps = { installation: { codeFolder: code() } } as unknown as Deps
    const elsewhere = { HOME: at('out'), XDG_CACHE_HOME: at('out', 'cache') }
    expect(codeFolders(deps, {})).toEqual([code()])
    expect(codeFolders(deps, elsewhere)).toEqual([code(), at('out', 'cache', 'berth', 'compiled')])
    for (const path of [at('root', 'in'), at('out')])
      expect(() => allowedVolumes(settings, [volume(path)], codeFolders(deps, elsewhere))).toThrow(refused)
  })
})
