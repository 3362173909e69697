import { expect, test } from 'vitest'
import { originSpellings } from './origin-spellings.ts'

const H = 'https://git.example/team/app'
const FORGE = ['git@git.example:team/app', 'git@git.example:/team/app']

test.each([
  [H, [H, ...FORGE]],
  [`${H}.git`, [H, ...FORGE]],
  [`${H}.git//`, [H, ...FORGE]],
  ['https://Git.Example/team/App.git', ['https://Git.Example/team/App', 'https://git.example/team/App']],
  ['https://ann@git.example/team/app', ['https://ann@git.example/team/app', H]],
  ['http://127.0.0.1:8080/app.git', ['http://127.0.0.1:8080/app']],
  ['git@git.example:team/app.git', FORGE],
  ['ann@Git.Example:app.git', ['ann@git.example:app']],
  ['git.example:/srv/app', ['git.example:/srv/app']],
  ['ssh://git@git.example/team/app.git', FORGE],
  ['ssh://ann@git.example:2222/srv/app.git', ['ann@git.example:2222:/srv/app']],
  ['ssh://ann@git.example/~/app', ['ann@git.example:~/app']],
  ['git+ssh://git@[::1]:22/app', ['git@::1:22:app', 'git@::1:22:/app']],
  ['file:///srv/git/app.git', ['file:///srv/git/app']],
  ['/srv/git/my:app.git', ['/srv/git/my:app']],
])('%s is also written so', (url, forms) => {
  expect(originSpellings(url).all).toEqual(expect.arrayContaining(forms))
})

test.each([
  [`${H}.git`, [H]],
  ['https://Ann@Git.Example/app', 4],
  ['http://git.example:80/app', ['http://git.example:80/app']],
  ['git@git.example:team/app.git', []],
  ['/srv/app', []],
])('by http or https: %s', (url, forms) => {
  const { web } = originSpellings(url)
  expect(typeof forms === 'number' ? web.length : web).toEqual(forms)
})

test('no spelling is the beginning of another repository that is taken for this one', () => {
  for (const url of [H, 'git@git.example:team/app', '/srv/app'])
    for (const form of originSpellings(url).all) expect(form).toMatch(/app$/)
})
