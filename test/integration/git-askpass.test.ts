import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const script = join(import.meta.dirname, '../../images/base/git-askpass')

/** The helper as a container has it, with a token at its place. */
const asked = (question: string, env: Readonly<Record<string, string>> = {}) => {
  using folder = temporaryFolder('berth-askpass-')
  const text = readFileSync(script, 'utf8').replace('/run/secrets', folder.path)
  spawnSync('sh', ['-c', 'printf %s token-1 > "$1"', 'sh', folder.at('ghapp_token')])
  const { status, stdout, stderr } = spawnSync('sh', ['-c', text, 'git-askpass', question], { env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('git-askpass', () => {
  test('S4-71: may be run by everybody', () => {
    expect(statSync(script).mode & 0o777).toBe(0o755)
  })

  test.each([
    ["Username for 'https://github.com': ", 'x-access-token\n'],
    ["Password for 'https://x-access-token@github.com': ", 'token-1'],
    ["Password for 'https://github.com': ", 'token-1'],
    ["Password for 'https://x-access-token@github.com/acme/app.git': ", 'token-1'],
  ])('S4-42: %s', (question, answer) => {
    expect(asked(question)).toMatchObject({ status: 0, stdout: answer })
  })

  test('answers for the forge that GH_HOST names', () => {
    const env = { GH_HOST: 'git.example:8443' }
    expect(asked("Password for 'https://git.example:8443': ", env)).toMatchObject({ status: 0, stdout: 'token-1' })
    expect(asked("Password for 'https://github.com': ", env)).toMatchObject({ status: 1, stdout: '' })
  })

  test.each([
    "Password for 'https://evil.example': ",
    "Password for 'https://github.com.evil.example': ",
    "Password for 'https://github.com@evil.example': ",
    "Password for 'https://x@evil.example/x@github.com': ",
    "Password for 'https://evil.example/'https://github.com': ",
    // as git before 2.39.5 writes a user's name
    "Password for 'https://x@github.com'@evil.example': ",
    "Password for 'https://x@github.com/@evil.example': ",
    "Password for 'https://github.com'@evil.example': ",
    "Password for 'https://evil.example/x@github.com': ",
    "Password for 'http://x-access-token@github.com': ",
    "Password for 'https://x-access-token@github.com:8443': ",
    "Enter passphrase for key '/home/agent/.ssh/id': ",
    '',
  ])('gives no token to %j', (question) => {
    const { status, stdout, stderr } = asked(question)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^berth: /)
  })
})

describe('the helper of git on the host', () => {
  const own = join(import.meta.dirname, '../../bin/git-askpass')
  const ask = (question: string) => {
    using folder = temporaryFolder('berth-askpass-')
    const file = folder.at('token')
    writeFileSync(file, 'token-1')
    const env = { PATH: process.env['PATH'], BERTH_FORGE_HOST: 'github.com', BERTH_FORGE_USER: 'someone' }
    return spawnSync(own, [question], { env: { ...env, BERTH_FORGE_TOKEN_FILE: file }, encoding: 'utf8' }).stdout
  }

  test.each([
    ["Username for 'https://github.com': ", 'someone\n'],
    ["Password for 'https://someone@github.com': ", 'token-1'],
    ["Password for 'https://github.com': ", 'token-1'],
    ["Password for 'https://someone@evil.example': ", ''],
    ["Password for 'https://github.com.evil.example': ", ''],
    ["Password for 'https://x@github.com'@evil.example': ", ''],
    ["Password for 'https://x@github.com/@evil.example': ", ''],
    ["Password for 'https://evil.example/x@github.com': ", ''],
    ["Password for 'http://github.com': ", ''],
    ["Username for 'https://evil.example': ", ''],
    ['', ''],
  ])('%j gets %j', (question, answer) => {
    expect(ask(question)).toBe(answer)
  })
})
