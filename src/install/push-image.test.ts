import { describe, expect, test } from 'vitest'
import { pushTarget } from './push-image.ts'

describe('pushTarget', () => {
  test.each([
    ['berth-worker:0.1.0', 'h.io:5000/team/worker:2', 'h.io:5000/team/worker:2'],
    ['berth-worker:0.1.0', 'h.io/team/worker', 'h.io/team/worker:0.1.0'],
    ['berth-worker', 'localhost/worker', 'localhost/worker:latest'],
    ['h.io/team/worker:1', undefined, 'h.io/team/worker:1'],
  ])('%s to %s', (image, to, target) => {
    expect(pushTarget({ image, to })).toBe(target)
  })

  test.each([
    ['berth-worker:1', undefined, 'berth-worker:1 names no registry'],
    ['berth-worker:1', 'team/worker', '--to team/worker names no registry'],
    ['berth-worker:1', 'h.io/worker:-x', '--to h.io/worker:-x: not the name of an image with a tag'],
    ['berth-worker:1', `h.io/worker:${'x'.repeat(129)}`, 'not the name of an image with a tag'],
    ['berth-worker:1', 'h.io/worker:', 'not the name of an image with a tag'],
    ['Worker:1', 'h.io/worker', 'image Worker:1: not the name of an image with a tag'],
    ['berth-worker:1', `h.io/worker@sha256:${'0'.repeat(64)}`, 'not the name of an image with a tag'],
  ])('%s to %s is refused', (image, to, message) => {
    expect(() => pushTarget({ image, to })).toThrow(
      expect.objectContaining({ code: 'bad-image', message: expect.stringContaining(message) }),
    )
  })
})
