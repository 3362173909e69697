import { describe, expect, it } from 'vitest'
import { BerthError } from '../domain/errors.ts'
import { parseProjectFile } from './project-file.ts'
import { KEYS } from './settings.ts'

const failure = (toml: string): BerthError => {
  try {
    parseProjectFile(toml)
  } catch (error) {
    if (error instanceof BerthError) return error
    throw error
  }
  throw new Error('expected a BerthError')
}

describe('.berth/config.toml', () => {
  it.each(KEYS.filter((key) => key !== 'allow' && key !== 'deny'))('cannot set %s', (key) => {
    expect(failure(`${key} = true\n`)).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining(`a repository may not set "${key}"`),
    })
  })

  it('has what the repository denies, and what it wishes for, in canonical words', () => {
    expect(parseProjectFile('')).toEqual({ deny: [], allow: [] })
    expect(parseProjectFile('deny = ["Example.ORG."]\nallow = ["npm", "api.example.org  GET   /a"]\n')).toEqual({
      deny: ['example.org'],
      allow: ['npm', 'api.example.org GET /a'],
    })
  })

  it.each([
    ['# mine\npolicy = "open"', '2: a repository may not set "policy": it may have deny, and allow for what it wishes'],
    ['[profiles.x]\nimage = "x"', '1: a repository may not set "profiles"'],
    ['gpus = "all"', '1: a repository may not set "gpus"'],
    ['device = ["/dev/kvm"]', '1: a repository may not set "device"'],
    ['publish = ["80:80"]', '1: a repository may not set "publish"'],
    ['runtime = "runc"', '1: a repository may not set "runtime"'],
    ['deny = []\n\n[env]\nA = "1"', '3: a repository may not set "env"'],
    ['"a\\u001bb" = 1', '1: a repository may not set "a\\u001bb"'],
    ['deny = "npm"', '1: deny: expected a list of rules'],
    ['deny = [1]', '1: deny: expected a list of rules'],
    ['\n\nallow = ["https://example.org"]', '3: allow: "https://example.org" is a URL'],
    ['allow = ["nmp"]', '1: allow: unknown group "nmp"'],
    ['deny = ["example.org private"]', '1: deny: a rule that denies takes methods and paths only'],
    [`deny = [${'"npm",'.repeat(101)}]`, '1: deny: at most 100 rules'],
    ['deny = [', '1: this is not valid TOML'],
  ])('%j is one error with file and line', (toml, words) => {
    const { code, message } = failure(toml)
    expect(code).toBe('config-invalid')
    expect(message.startsWith(`.berth/config.toml:${words}`)).toBe(true)
    expect([...message].every((letter) => letter >= ' ')).toBe(true)
  })
})
