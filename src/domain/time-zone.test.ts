import { expect, test } from 'vitest'
import { isTimeZone, likeTimeZone } from './time-zone.ts'

test.each([
  'UTC',
  'Europe/Berlin',
  'America/Argentina/Buenos_Aires',
  'Etc/GMT+5',
  'Asia/Kolkata',
  'America/Port-au-Prince',
])('%s is a zone', (name) => expect(isTimeZone(name)).toBe(true))

test.each([
  '',
  'europe/berlin',
  'Mars/Olympus',
  '+01:00',
  '/etc/passwd',
  'Europe/../UTC',
  'CET-1CEST',
  'Europe/Berlin\0',
  'Europe/',
])('%j is none', (name) => expect(isTimeZone(name)).toBe(false))

test('other letters mean a zone', () => {
  expect(likeTimeZone('europe/BERLIN')).toBe('Europe/Berlin')
  expect(likeTimeZone('Mars/Olympus')).toBeUndefined()
})
