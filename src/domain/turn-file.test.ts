import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FILE_NAME, fileNames, mediaOf } from './turn-file.ts'

test('names stay what they are where they can', () => {
  expect(fileNames(['a.png', 'été 2.pdf', '.env', 'Makefile'])).toEqual(['a.png', 'été 2.pdf', '.env', 'Makefile'])
})

test('the same name twice, and names that are none', () => {
  expect(fileNames(['a.png', 'a.png', 'a.png', 'Makefile', 'Makefile'])).toEqual([
    'a.png',
    'a-2.png',
    'a-3.png',
    'Makefile',
    'Makefile-2',
  ])
  expect(fileNames(['a,b\n.png', '..', '.'])).toEqual(['a_b_.png', '__', '_'])
})

test('whatever files are called, their names are good and differ', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 }), (given) => {
      const names = fileNames(given)
      for (const name of names) expect(name).toMatch(FILE_NAME)
      expect(new Set(names).size).toBe(given.length)
    }),
  )
})

test('pictures are known by their first bytes', () => {
  const of = (text: string) => mediaOf(Buffer.from(text, 'latin1'))
  expect(of('\x89PNG\r\n\x1a\nrest')).toBe('image/png')
  expect(of('\xff\xd8\xff\xe0rest')).toBe('image/jpeg')
  expect(of('GIF89arest')).toBe('image/gif')
  expect(of('RIFF\x01\x02\x03\x04WEBPrest')).toBe('image/webp')
  expect(of('RIFF\x01\x02\x03\x04WAVErest')).toBeNull()
  expect(of('')).toBeNull()
})
