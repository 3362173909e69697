import { expect, test } from 'vitest'
import { repositoryOf } from './repository-of.ts'

test.each([
  ['github.com', 'https://github.com/acme/app.git', 'acme/app'],
  ['github.com', 'https://github.com/acme/app', 'acme/app'],
  ['github.com', 'https://github.com:443/acme/app/', 'acme/app'],
  ['github.com', 'https://ann@GitHub.com/acme/app.js.git', 'acme/app.js'],
  ['github.com', 'git@github.com:acme/app.git', 'acme/app'],
  ['github.com', 'ssh://git@github.com/acme/app.git', 'acme/app'],
  ['github.com', 'ssh://git@ssh.github.com:443/acme/app.git', 'acme/app'],
  ['git.example:8443', 'https://git.example:8443/acme/app.git', 'acme/app'],
  ['git.example:8443', 'git@git.example:acme/app.git', 'acme/app'],
  ['github.com', 'https://github.com/ann-lee_acme/app.git', 'ann-lee_acme/app'],
  // A token goes to its own host, and over TLS alone.
  ['github.com', 'http://github.com/acme/app.git', undefined],
  ['github.com', 'https://github.com:8443/acme/app.git', undefined],
  ['git.example:8443', 'https://git.example/acme/app.git', undefined],
  ['github.com', 'https://github.com.evil.example/acme/app.git', undefined],
  ['github.com', 'https://evil.example/github.com/acme/app.git', undefined],
  ['github.com', 'https://gist.github.com/acme/app.git', undefined],
  ['github.com', '/srv/github.com/acme/app.git', undefined],
  // Routes of the API are made of these.
  ['github.com', 'https://github.com/acme/app/issues', undefined],
  ['github.com', 'https://github.com/acme', undefined],
  ['github.com', 'https://github.com/acme/%2e%2e', undefined],
  ['github.com', 'https://github.com/-acme/app', undefined],
  ['github.com', 'git@github.com:acme/..', undefined],
  ['github.com', 'git@github.com:acme/..git', undefined],
  ['github.com', 'git@github.com:acme/...', 'acme/...'],
])('%s: %s is %s', (host, url, expected) => {
  expect(repositoryOf(host, url)).toBe(expected)
})
