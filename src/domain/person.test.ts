import { expect, test } from 'vitest'
import { parsePerson, person, personText } from './person.ts'

test.each([
  ['Ada Lovelace <ada@example.org>', 'Ada Lovelace', 'ada@example.org'],
  ['  Ada  < ada@example.org > ', 'Ada', 'ada@example.org'],
  ['O\'Neil, "Ann" <a@b>', 'O\'Neil, "Ann"', 'a@b'],
  ['山田 <y@example.jp>', '山田', 'y@example.jp'],
  ['app[bot] <1+app[bot]@users.noreply.github.com>', 'app[bot]', '1+app[bot]@users.noreply.github.com'],
])('%s', (text, name, email) => {
  expect(parsePerson(text)).toEqual({ ok: true, value: { name, email } })
  expect(person.safeParse({ name, email }).success).toBe(true)
  expect(parsePerson(personText({ name, email }))).toMatchObject({ ok: true })
})

test.each([
  ['', 'the name is missing'],
  ['Ada', 'e-mail address is missing'],
  ['Ada <>', 'e-mail address is missing'],
  ['Ada <ada>', 'is no e-mail address'],
  ['Ada <a@b@c>', 'is no e-mail address'],
  ['Ada <a b@c>', 'is no e-mail address'],
  ['Ada <a@b> <c@d>', 'is no e-mail address'],
  ['Ada <a@b>\nSigned-off-by: X <x@y>', 'stands on one line'],
  ['Ada\nauthor Eve <e@x> 0 +0000 <a@b>', 'stands on one line'],
  ['Ada\0 <a@b>', 'stands on one line'],
  ['Ada\u2028L <a@b>', 'stands on one line'],
  ['<a@b>', 'the name is missing'],
  ['.,; <a@b>', 'the name is missing'],
  ['A > B <a@b>', 'a name has no <'],
  [`${'a'.repeat(201)} <a@b>`, 'at most 200'],
  [`A <${'a'.repeat(254)}@b>`, 'at most 254'],
])('%j is no author', (text, says) => {
  expect(parsePerson(text)).toEqual({ ok: false, error: expect.stringContaining(says) })
})

test('a request of the API is held to the same', () => {
  expect(person.safeParse({ name: 'Ada\nX', email: 'a@b' }).error?.issues[0]?.message).toContain('one line')
  expect(person.safeParse({ name: 'Ada', email: 'a@b>' }).success).toBe(false)
})
