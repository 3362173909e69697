import { expect, test } from 'vitest'
import { taskRequest } from '../../domain/request.ts'
import { refuseDepth } from './refuse-depth.ts'

const check = (rest: object) => refuseDepth(taskRequest.parse({ prompt: 'x', ...rest }))

test.each<[string, object, RegExp]>([
  ['no repository', { depth: 1 }, /only a clone/],
  ['a copied folder', { depth: 1, repo: '.', source: 'copy' }, /only a clone/],
  ['a mounted folder', { depth: 1, repo: '.', source: 'mount' }, /only a clone/],
  ['a review', { depth: 1, repo: '.', mode: 'review' }, /needs their whole history/],
])('a depth is refused with %s', (_, rest, words) => expect(() => check(rest)).toThrow(words))

test.each<[string, object]>([
  ['a clone', { depth: 1, repo: '.' }],
  ['no depth', { mode: 'review' }],
])('%s: fine', (_, rest) => expect(() => check(rest)).not.toThrow())

test.each([0, -1, 1.5, 1001])('a depth of %s is no depth', (depth) => {
  expect(taskRequest.safeParse({ prompt: 'x', repo: '.', depth }).success).toBe(false)
})
