import fc from 'fast-check'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { setInToml, unsetInToml } from './edit-toml.ts'

const FILE = `# mine
memory = "2g"   # enough

volume = [
  "/a:/a", # the first
  "/b:/b",
]
text = """
memory = "no"
"""

# of this place
[profiles.small]
memory = '1g'
env.A = "1"

[env]
`

describe('setInToml', () => {
  it.each([
    [['memory'], '4g', FILE.replace('"2g"', '"4g"')],
    [['volume'], ['/c:/c'], FILE.replace(/\[\n {2}"\/a[^\]]*\]/, '["/c:/c"]')],
    [['profiles', 'small', 'memory'], '3g', FILE.replace("'1g'", '"3g"')],
    [['profiles', 'small', 'cpus'], 2, FILE.replace("memory = '1g'\n", "memory = '1g'\ncpus = 2\n")],
    [['profiles', 'small', 'env', 'B'], 'x', FILE.replace('env.A = "1"\n', 'env.A = "1"\nenv.B = "x"\n')],
    [['env', 'A B'], '"', FILE.replace('[env]\n', '[env]\n"A B" = "\\""\n')],
    [['engine'], 'podman', FILE.replace('"no"\n"""\n', '"no"\n"""\nengine = "podman"\n')],
    [['presets', 'p', 'image'], 'i', `${FILE.trimEnd()}\n\n[presets.p]\nimage = "i"\n`],
  ])('%j: changes one line, and keeps comments', (path, value, expected) => {
    expect(setInToml(FILE, path, value)).toBe(expected)
  })

  it('begins a file, and puts a first key before the first table', () => {
    expect(setInToml('', ['pids'], 100)).toBe('pids = 100\n')
    expect(setInToml('# c', ['pids'], 100)).toBe('# c\npids = 100\n')
    expect(setInToml('# top\n\n# of env\n[env]\n', ['pids'], 100)).toBe('# top\n\npids = 100\n\n# of env\n[env]\n')
    expect(setInToml('a = 1', ['b'], true)).toBe('a = 1\nb = true\n')
  })

  it('refuses a table, and a key inside of a value', () => {
    expect(() => setInToml('[env]\n', ['env'], 'x')).toThrow('line 1 begins the table env: name one of its keys')
    expect(() => setInToml('env = { A = "1" }', ['env', 'B'], 'x')).toThrow('line 1 has env as one value')
  })

  it('what was set is read back, and all else is as before', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()))
    const key = fc.constantFrom(
      ['memory'],
      ['new'],
      ['profiles', 'small', 'new'],
      ['env', 'a.b'],
      ['presets', 'x', 'y'],
    )
    const at = (table: unknown, path: readonly string[]): unknown =>
      path.reduce((inner, word) => (inner as Record<string, unknown> | undefined)?.[word], table)
    fc.assert(
      fc.property(key, value, (path, one) => {
        const text = setInToml(FILE, path, one)
        expect(at(parse(text), path)).toEqual(one)
        expect(setInToml(text, path, '2g').length).toBeGreaterThan(0)
        expect(parse(text)['volume']).toEqual(['/a:/a', '/b:/b'])
        expect(text).toContain('# of this place\n[profiles.small]')
      }),
    )
  })
})

describe('unsetInToml', () => {
  it.each([
    [['memory'], FILE.replace('memory = "2g"   # enough\n', '')],
    [['volume'], FILE.replace(/volume = \[\n[^\]]*\]\n/, '')],
    [['text'], FILE.replace(/text = """\n.*\n"""\n/, '')],
    [['profiles', 'small', 'env', 'A'], FILE.replace('env.A = "1"\n', '')],
  ])('%j: takes its lines away, and no other', (path, expected) => {
    expect(unsetInToml(FILE, path)).toBe(expected)
  })

  it('says where there is nothing to take away, and refuses a table and a part of a value', () => {
    expect(unsetInToml(FILE, ['pids'])).toBeNull()
    expect(unsetInToml('a = 1', ['a'])).toBe('')
    expect(() => unsetInToml(FILE, ['env'])).toThrow('begins the table env')
    expect(() => unsetInToml(FILE, ['profiles'])).toThrow('begins the table profiles')
    expect(() => unsetInToml('env = { A = "1" }', ['env', 'A'])).toThrow('has env as one value')
  })

  it('what was set is gone again, and all else is as before', () => {
    const key = fc.constantFrom(['memory'], ['new'], ['profiles', 'small', 'new'], ['env', 'a.b'])
    const value = fc.oneof(fc.string(), fc.integer(), fc.array(fc.string()))
    fc.assert(
      fc.property(key, value, (path, one) => {
        const before = unsetInToml(FILE, path) ?? FILE
        const text = unsetInToml(setInToml(FILE, path, one), path) ?? ''
        expect(parse(text)).toEqual(parse(before))
      }),
    )
  })
})
