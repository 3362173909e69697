import { mkdirSync, symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { taskRequest } from '../../domain/request.ts'
import type { Facts } from '../../plan/facts.ts'
import { refuseHosts, refuseNamed, refuseSource } from './allowed-places.ts'

const error = (run: () => void): string => {
  try {
    run()
    return ''
  } catch (caught) {
    return `${(caught as { code?: string }).code}: ${(caught as Error).message}`
  }
}

describe('allowed-repositories', () => {
  const names = { home: '/home/ada', host: 'github.com' }
  const named = (repo: string | undefined, ...allowedRepositories: readonly string[]) =>
    error(() => refuseNamed({ allowedRepositories }, repo, names))

  it('refuses a URL in one sentence, whatever its spelling, and shows no password', () => {
    expect(named('git@github.com:acme-evil/app.git', 'github.com/acme/*')).toBe(
      'repository-not-allowed: --repo "git@github.com:acme-evil/app.git": allowed-repositories does not list it; it lists github.com/acme/*',
    )
    expect(named('acme/app', 'github.com/acme/*')).toBe('')
    expect(named('ssh://git@GITHUB.com:22/acme/app.git', 'github.com/acme/*')).toBe('')
    expect(named('https://github.com/acme/app')).toMatch(/it lists nothing$/)
    expect(named(undefined)).toBe('')
    expect(error(() => refuseNamed({ allowedRepositories: null }, 'evil/app', names))).toBe('')
  })

  it('compares folders by their real path, once their top is known', () => {
    using place = temporaryFolder()
    for (const folder of ['in/app', 'in-evil/app']) mkdirSync(place.at(folder), { recursive: true })
    symlinkSync(place.at('in-evil/app'), place.at('in/link'))
    const allowedRepositories = [`${place.path}/in/*`]
    const source = (url: string) =>
      error(() => refuseSource({ allowedRepositories }, { kind: 'clone', url } as Facts['source']))
    expect(source(place.at('in/app'))).toBe('')
    expect(source(`file://${place.at('in/app')}`)).toBe('')
    for (const path of ['in-evil/app', 'in/link', 'in/../in-evil/app', 'in/nothing', 'in'])
      for (const url of [`${place.path}/${path}`, `file://${place.path}/${path}`])
        expect(source(url)).toMatch(/^repository-not-allowed: --repo /)
    const folder = { kind: 'copy', folder: place.at('in-evil/app'), hasGit: false } as const
    expect(error(() => refuseSource({ allowedRepositories }, folder))).toMatch(/^repository-not-allowed/)
    expect(error(() => refuseSource({ allowedRepositories: [] }, { kind: 'none' }))).toBe('')
  })
})

describe('allowed-hosts', () => {
  const hosts = (request: object, ...allowedHosts: readonly string[]) =>
    error(() => refuseHosts({ allowedHosts }, taskRequest.parse({ prompt: 'p', ...request })))
  const allow = (...targets: readonly string[]) => ({ allow: targets.map((target) => ({ target, origin: 'flag' })) })

  it('bounds the rules of a task, also those of the configuration', () => {
    expect(hosts(allow('npm', 'git.corp.example:8443'), 'npm', '*.corp.example')).toBe('')
    expect(hosts(allow('npm', 'example.org'), 'npm')).toBe(
      'host-not-allowed: --allow "example.org": a task may not reach example.org; allowed-hosts lists npm',
    )
    expect(hosts(allow('pypi'))).toMatch(/--allow "pypi": a task may not reach pypi.org; allowed-hosts lists nothing$/)
    expect(hosts({})).toBe('')
  })

  it('bounds what the table of an agent says that it needs', () => {
    const command = { command: ['x'], hosts: ['registry.example'] }
    expect(hosts({ command }, 'registry.example')).toBe('')
    expect(hosts({ command }, 'npm')).toMatch(/the agent's hosts: a task may not reach registry.example; .* lists npm$/)
  })

  it('says how to go on, which depends on what asks for the host', () => {
    const hint = (request: object) => {
      try {
        refuseHosts({ allowedHosts: ['npm'] }, taskRequest.parse({ prompt: 'p', ...request }))
        return undefined
      } catch (caught) {
        return (caught as { hint?: string }).hint
      }
    }
    expect(hint(allow('pypi'))).toMatch(/^Leave the rule out, /)
    expect(hint({ policy: 'open' })).toBe('Use --policy sandboxed, and name with --allow what the task needs.')
    expect(hint({ baseUrl: 'https://x.example/v1' })).toMatch(
      /^Leave --base-url out, or add the host to allowed-hosts /,
    )
  })

  it('lets no task have a whole network, nor a model at another host', () => {
    expect(hosts({ policy: 'open' }, 'npm')).toMatch(/--policy open: a task may not have a whole network/)
    expect(hosts({ policy: 'privileged' }, 'npm')).toMatch(/--policy privileged: a task may not/)
    expect(hosts({ isolation: 'host' }, 'npm')).toMatch(/--isolation host: a task may not have a whole network/)
    expect(hosts({ baseUrl: 'http://evil.example/v1' }, 'npm')).toMatch(
      /--base-url http:\/\/evil\.example\/v1: a task may/,
    )
    expect(hosts({ baseUrl: 'http://127.1:8080/v1' }, '127.0.0.1:8080')).toBe('')
    expect(hosts({ baseUrl: 'http://127.0.0.1:8081/v1' }, '127.0.0.1:8080')).toMatch(/^host-not-allowed/)
    expect(error(() => refuseHosts({ allowedHosts: null }, taskRequest.parse({ prompt: 'p', policy: 'open' })))).toBe(
      '',
    )
  })
})
