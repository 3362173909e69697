import { expect, test } from 'vitest'
import { splitLogin } from './split-login.ts'

test.each([
  ['https://me:secret@git.example/a/b', 'https://git.example/a/b', 'me', 'secret'],
  ['https://me:p%40ss@git.example/a/b', 'https://git.example/a/b', 'me', 'p@ss'],
  ['https://me:p@ss:w@git.example:8443/a/b', 'https://git.example:8443/a/b', 'me', 'p@ss:w'],
  ['HTTP://:secret@git.example/a@b', 'HTTP://git.example/a@b', '', 'secret'],
  ['https://token-alone@git.example/a/b', 'https://git.example/a/b', 'token-alone', ''],
  ['https://me:100%@git.example/a', 'https://git.example/a', 'me', '100%'],
])('%s goes without its login', (url, rest, user, password) => {
  expect(splitLogin(url)).toEqual({ rest, login: { user, password } })
})

test.each(['https://git.example/a@b:c', 'ssh://git@git.example/a', 'git@git.example:a/b', 'file:///a:b@c'])(
  '%s has none',
  (url) => expect(splitLogin(url)).toEqual({ rest: url, login: null }),
)
