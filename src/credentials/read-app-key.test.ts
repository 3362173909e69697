import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { command } from './command.ts'
import { env } from './env.ts'
import { file } from './file.ts'
import { openFile, openSecrets } from './open-secrets.ts'
import { readAppKey } from './read-app-key.ts'

const home = mkdtempSync(join(tmpdir(), 'berth-app-key-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const KEY = '-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----'
const path = join(home, 'app.pem')
writeFileSync(path, `${KEY}\n`, { mode: 0o600 })

const read = (key: string, given: Readonly<Record<string, string>> = {}) =>
  readAppKey(key, { home, env: { PATH: process.env['PATH'] ?? '', ...given }, sources: [env, file, command] })

describe('the private key of an App', () => {
  test.each([
    ['a path', path, {}],
    ['a path below the home', '~/app.pem', {}],
    ['a file', `file:${path}`, {}],
    ['a variable', 'env:APP_KEY', { APP_KEY: KEY }],
    ['a command', `command:cat ${path}`, {}],
  ])('S4-26: it is read from %s', async (_, key, given) => {
    expect(await read(key, given)).toBe(KEY)
  })

  test.each([
    ['a file that is not there', '/no/such.pem', 'file:/no/such.pem cannot be read: ENOENT'],
    ['a folder', '~/', 'not a regular file'],
    ['a variable that is not set', 'env:APP_KEY', 'APP_KEY is not set in this shell'],
    ['a command that fails', 'command:false canary', 'ended with 1'],
  ])('S4-26: %s is one error, with what to do', async (_, key, words) => {
    const error = await read(key).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'app-key', message: expect.stringContaining(words) })
    expect((error as Error).message).not.toContain('canary')
    expect((error as { hint: string }).hint.length).toBeGreaterThan(20)
  })
})

describe('a file with a secret', () => {
  const app = (key: string) => ({ kind: 'app', app: { appId: '1', key, installationId: null } }) as const
  const shown = (mode: number) => {
    chmodSync(path, mode)
    return openSecrets(app('~/app.pem'), home)
  }

  test.each([0o640, 0o604, 0o644, 0o660])('is told of that others can open it: %o', (mode) => {
    expect(shown(mode)).toEqual([
      `others can read the private key of the GitHub App: ${path} has the mode ${mode.toString(8)}; set it with \`chmod 600 ${path}\``,
    ])
  })

  test('is not told of that the user alone can open, that is no file, or that is not there', () => {
    expect([shown(0o600), shown(0o400)]).toEqual([[], []])
    const none = ['env:KEY', 'command:cat /etc/hosts', '/no/such.pem', '/etc/hosts/no'].map(app)
    expect(none.flatMap((access) => openSecrets(access, home))).toEqual([])
  })

  test('is a key that signs, too', () => {
    chmodSync(path, 0o644)
    expect(openFile('the key of --sign', `file:${path}`)).toEqual([
      `others can read the key of --sign: ${path} has the mode 644; set it with \`chmod 600 ${path}\``,
    ])
    chmodSync(path, 0o600)
    expect([`file:${path}`, 'env:KEY'].flatMap((reference) => openFile('the key', reference))).toEqual([])
  })

  test("is a person's token, too", () => {
    const token = join(home, 'token')
    writeFileSync(token, 'ghp_canary')
    chmodSync(token, 0o644)
    const said = openSecrets({ kind: 'token', reference: `file:${token}` }, home)
    expect(said).toEqual([expect.stringContaining(`others can read the token of GitHub: ${token}`)])
  })
})
