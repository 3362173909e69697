import { expect, test } from 'vitest'
import { joinProjects } from './observe-project.ts'

test('the files of several repositories hold together, each rule once', () => {
  const app = { locks: ['package-lock.json'], deny: ['a.org', 'b.org'], allow: ['npm'] }
  const lib = { locks: ['package-lock.json', 'uv.lock'], deny: ['b.org', 'c.org'], allow: [] }
  expect(joinProjects([app, lib])).toEqual({
    locks: ['package-lock.json', 'uv.lock'],
    deny: ['a.org', 'b.org', 'c.org'],
    allow: ['npm'],
  })
})

test('one that is not there to be read leaves all of them to the launch', () => {
  expect(joinProjects([{ locks: [], deny: ['a.org'], allow: [] }, undefined])).toBeUndefined()
})

test('no repository says nothing', () => {
  expect(joinProjects([])).toEqual({ locks: [], deny: [], allow: [] })
})
