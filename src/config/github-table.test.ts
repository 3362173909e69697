import { describe, expect, test } from 'vitest'
import { BerthError } from '../domain/errors.ts'
import { githubAccess, githubHost } from '../domain/github-settings.ts'
import { parseConfig } from './config-file.ts'
import { mergeConfig } from './load-config.ts'
import { parseProjectFile } from './project-file.ts'
import { githubOf } from './supervisor-settings.ts'

const load = (toml: string, env: Record<string, string> = {}) =>
  mergeConfig({}, env, parseConfig(toml, '/c/config.toml'))
const settings = (toml: string, env: Record<string, string> = {}) => githubOf(load(toml, env).values)

const refusal = (work: () => unknown): BerthError => {
  try {
    work()
  } catch (error) {
    if (error instanceof BerthError) return error
  }
  throw new Error('it was not refused')
}

const APP = '[github]\napp-id = 12\nprivate-key = "/k.pem"\n'

describe('the table [github]', () => {
  test('has settings of their own, each with its line', () => {
    const config = load(`memory = "2g"\n${APP}installation-id = 7\ndefault-branch = true\n`)
    expect(githubOf(config.values)).toEqual({
      appId: '12',
      installationId: 7,
      privateKey: '/k.pem',
      apiUrl: null,
      token: null,
      defaultBranch: true,
    })
    expect(config.origins['github-private-key']).toBe('/c/config.toml:4')
    expect(config.values.memory).toBe(2 ** 31)
  })

  test('a variable beats the file', () => {
    const env = { BERTH_GITHUB_APP_ID: 'Iv23liAbCd', BERTH_GITHUB_INSTALLATION_ID: '9' }
    expect(settings(APP, env)).toMatchObject({ appId: 'Iv23liAbCd', installationId: 9, privateKey: '/k.pem' })
  })

  test.each([
    ['github-app-id = 1', '"github-app-id" is no key of the file: write app-id in its table [github]'],
    ['[github]\nappid = 1', '[github]: unknown key "appid" (did you mean app-id?)'],
    ['github = 1', 'github: expected a table [github]'],
    ['[github]\napp-id = 0', 'github.app-id: '],
    ['[github]\napp-id = "acme"', "github.app-id: it is not an App's id, like 123456, nor its client id"],
    ['[github]\ninstallation-id = -1', 'github.installation-id: -1 is not allowed: at least 1'],
    ['[github]\nprivate-key = "app.pem"', 'github.private-key: it is not an absolute path'],
    ['[github]\ndefault-branch = "yes"', 'github.default-branch: expected true or false'],
    ['[profiles.p]\ngithub-app-id = 1', 'write app-id in its table [github]'],
    ['[profiles.p.github]\napp-id = 1', 'unknown key "github"'],
  ])('%j is refused', (toml, words) => {
    expect(refusal(() => load(toml)).message).toContain(words)
  })

  test.each([
    ['http://git.example/api/v3'],
    ['https://git.example'],
    ['https://git.example/api/v3/repos'],
    ['https://ann:canary@git.example/api/v3'],
    ['https://api.github.com/api/v3'],
    ['git.example'],
    ['https://api.ghe.com.evil.example'],
  ])('api-url %s is refused, and not shown', (url) => {
    const { message } = refusal(() => load(`[github]\napi-url = "${url}"\n`))
    expect(message).toContain('github.api-url: it is not the API of a GitHub: write https://HOST/api/v3')
    expect(message).not.toContain('canary')
  })

  test.each([
    ['token', 'ghp_canary', 'github.token: it is not a reference'],
    ['private-key', '-----BEGIN RSA PRIVATE KEY-----\\ncanary', 'github.private-key: it is not an absolute path'],
  ])('a secret in place of a reference is refused, and not shown: %s', (key, value, words) => {
    const file = refusal(() => load(`[github]\n${key} = "${value}"\n`))
    const variable = refusal(() => load('', { [`BERTH_GITHUB_${key.toUpperCase().replace('-', '_')}`]: value }))
    expect(file.message).toContain(words)
    for (const { message } of [file, variable]) expect(message).not.toContain('canary')
  })

  test('no request, no profile and no repository sets any of it', () => {
    const flag = refusal(() => mergeConfig({ 'github-token': 'env:X' }, {}, parseConfig('', 'f')))
    expect(flag.message).toContain('this is a setting of the supervisor')
    expect(refusal(() => parseProjectFile(APP)).message).toContain('a repository may not set "github"')
  })
})

describe('what Berth proves itself with', () => {
  test('S4-6: nothing is missing where nothing is set', () => {
    expect(githubAccess(settings(''))).toBeNull()
    expect(githubAccess(settings('[github]\napi-url = "https://git.example/api/v3"\n'))).toBeNull()
  })

  test('an App, or a token', () => {
    expect(githubAccess(settings(APP))).toEqual({
      kind: 'app',
      app: { appId: '12', key: '/k.pem', installationId: null },
    })
    expect(githubAccess(settings('[github]\ntoken = "command:gh auth token"\n'))).toEqual({
      kind: 'token',
      reference: 'command:gh auth token',
    })
  })

  test.each([
    ['[github]\napp-id = 1', '[github] private-key is missing: app-id is set'],
    ['[github]\nprivate-key = "/k"', '[github] app-id is missing: private-key is set'],
    ['[github]\ninstallation-id = 1', '[github] app-id is missing: installation-id is set'],
    [`${APP}token = "env:T"`, '[github] sets both an App and a token'],
    ['[github]\ninstallation-id = 1\ntoken = "env:T"', '[github] sets both an App and a token'],
  ])('S4-6: %j: the missing field is named', (toml, words) => {
    const error = refusal(() => githubAccess(settings(toml)))
    expect([error.code, error.message]).toEqual(['config-invalid', expect.stringContaining(words)])
  })

  test.each([
    ['', 'github.com'],
    ['https://api.github.com', 'github.com'],
    ['https://api.acme.ghe.com', 'acme.ghe.com'],
    ['https://git.example/api/v3/', 'git.example'],
    ['https://git.example:8443/api/v3', 'git.example:8443'],
  ])('the git host of the API %s is %s', (url, host) => {
    expect(githubHost(settings(url === '' ? '' : `[github]\napi-url = "${url}"\n`))).toBe(host)
  })
})
