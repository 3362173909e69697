import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { FrameBody, WorkOrder } from '../domain/worker-protocol.ts'
import { hasLocale } from './has-locale.ts'
import { settleLocale } from './settle-locale.ts'

/** As localedef writes it, without what no name is read from. */
const archive = (names: readonly string[]): Buffer => {
  const strings = Buffer.from(names.map((name) => `${name}\0`).join(''))
  const head = Buffer.alloc(56)
  head.writeUInt32LE(0xde020109, 0)
  head.writeUInt32LE(head.length, 20)
  head.writeUInt32LE(strings.length, 24)
  return Buffer.concat([head, strings])
}

test('a locale is there by a folder of its own or in the archive, in both spellings of its codeset', () => {
  using folder = temporaryFolder()
  const has = (name: string) => hasLocale(name, folder.path)
  expect(has('de_DE.UTF-8')).toBe(false)
  mkdirSync(join(folder.path, 'fr_FR.utf8'))
  writeFileSync(join(folder.path, 'fr_FR.utf8', 'LC_CTYPE'), '')
  mkdirSync(join(folder.path, 'it_IT'))
  writeFileSync(
    join(folder.path, 'locale-archive'),
    archive(['de_DE.utf8', 'de_DE', 'es_ES.iso88591', 'ca_ES.utf8@valencia']),
  )
  for (const name of [
    'C',
    'POSIX',
    'C.UTF-8',
    'fr_FR.UTF-8',
    'fr_FR.utf8',
    'de_DE.UTF-8',
    'de_DE',
    'es_ES.8859-1',
    'ca_ES.UTF-8@valencia',
  ])
    expect([name, has(name)]).toEqual([name, true])
  for (const name of ['it_IT', 'fr_FR', 'e_DE.utf8', 'de_DE.utf', 'es_ES.utf8'])
    expect([name, has(name)]).toEqual([name, false])
})

test('what is no archive has no locales', () => {
  using folder = temporaryFolder()
  for (const data of [Buffer.alloc(0), Buffer.from('de_DE.utf8\0'.repeat(9))]) {
    writeFileSync(join(folder.path, 'locale-archive'), data)
    expect(hasLocale('de_DE.UTF-8', folder.path)).toBe(false)
  }
})

test('in place of a missing locale the agent has C.UTF-8, and that is told', () => {
  const locale = 'xx_XX.UTF-8'
  const order = {
    locale,
    run: { argv: ['a'], env: { LANG: locale, LC_ALL: locale, A: locale } },
  } as unknown as WorkOrder
  const sent: FrameBody[] = []
  const frames = { send: (...bodies: FrameBody[]) => sent.push(...bodies) > 0 }
  expect(settleLocale(order, frames).run?.env).toEqual({ LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', A: locale })
  expect(sent).toEqual([{ k: 'unmet', what: 'locale', name: locale }])
  const plain = { locale: 'C.UTF-8', run: { env: { LANG: 'C.UTF-8' } } } as unknown as WorkOrder
  expect(settleLocale(plain, frames)).toBe(plain)
  expect(sent).toHaveLength(1)
})
