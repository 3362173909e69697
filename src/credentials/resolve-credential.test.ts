import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { command } from './command.ts'
import { env } from './env.ts'
import { file } from './file.ts'
import { resolveCredential, resolveSecretText } from './resolve-credential.ts'

const folder = mkdtempSync(join(tmpdir(), 'berth-credential-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const put = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}
const resolve = (reference: string, callerEnv = {}) => resolveCredential(reference, [env, file], callerEnv)

describe('resolveCredential', () => {
  it("takes a variable of the caller's environment, not of this process", async () => {
    expect(await resolve('env:OPENAI_API_KEY', { OPENAI_API_KEY: ' sk-1\n' })).toBe('sk-1')
    await expect(resolve('env:PATH')).rejects.toMatchObject({ code: 'no-credentials' })
  })

  it('takes the word in a file', async () => {
    expect(await resolve(`file:${put('key', 'sk-2\n')}`)).toBe('sk-2')
  })

  it.each([
    ['env:OPENAI_API_KEY', 'OPENAI_API_KEY is not set in this shell'],
    ['env:toString', 'toString is not set in this shell'],
    ['file:key', 'not absolute'],
    ['file:/no/such/file', 'ENOENT'],
    [`file:${folder}`, 'not a regular file'],
    ['vault:x', 'write env:NAME or file:NAME'],
  ])('says what is missing: %s', async (reference, words) => {
    await expect(resolve(reference)).rejects.toMatchObject({
      code: 'no-credentials',
      message: expect.stringContaining(words),
    })
  })

  it('says nothing of a model where a variable is missing, as a key of a forge comes this way too', async () => {
    await expect(resolve('env:GITHUB_TOKEN')).rejects.toMatchObject({ hint: 'Set the named variable in this shell.' })
  })

  it('does not show a key that stands where a reference should', async () => {
    const error = await resolve('sk-secret').catch((caught: Error) => caught.message)
    expect(error).toBe('a credential is not a reference: write env:NAME or file:NAME')
  })

  it('refuses a file with no key or with more than one word, and never shows what is in it', async () => {
    await expect(resolve(`file:${put('empty', '\n')}`)).rejects.toThrow('it is empty')
    const error = await resolve(`file:${put('two', 'user secret')}`).catch((caught: Error) => caught.message)
    expect(error).toContain('more than one word')
    expect(error).not.toContain('secret')
  })

  it.each(['env', 'file', 'command'])('takes a text of several lines from %s', async (scheme) => {
    const key = '-----BEGIN KEY-----\nabc\n-----END KEY-----'
    const path = put('lines', `${key}\n`)
    const name = { env: 'KEY', file: path, command: `cat ${path}` }[scheme]
    expect(await resolveSecretText(`${scheme}:${name}`, [env, file, command], { KEY: key })).toBe(key)
  })
})
