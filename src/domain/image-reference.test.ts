import { describe, expect, test } from 'vitest'
import { imageReference } from './image-reference.ts'

const DIGEST = `sha256:${'a1'.repeat(32)}`

describe('imageReference', () => {
  test.each([
    ['app', { registry: null, name: 'app', tag: null, digest: null }],
    ['app:1.2', { registry: null, name: 'app', tag: '1.2', digest: null }],
    ['team/app', { registry: null, name: 'team/app', tag: null, digest: null }],
    ['localhost/app:1', { registry: 'localhost', name: 'localhost/app', tag: '1', digest: null }],
    [
      'registry.example/team/app',
      { registry: 'registry.example', name: 'registry.example/team/app', tag: null, digest: null },
    ],
    ['127.0.0.1:5000/app:X_y', { registry: '127.0.0.1:5000', name: '127.0.0.1:5000/app', tag: 'X_y', digest: null }],
    [`h.io/app:1@${DIGEST}`, { registry: 'h.io', name: 'h.io/app', tag: '1', digest: DIGEST }],
  ])('%s', (text, parts) => {
    expect(imageReference(text)).toEqual(parts)
  })

  test.each([
    '',
    'App',
    'app:',
    'app:-1',
    'app:a b',
    'app@sha256:12',
    '-app',
    '../app',
    'h.io//app',
    'app:1:2',
    'h.io:x/app',
  ])('%s is none', (text) => {
    expect(imageReference(text)).toBeUndefined()
  })
})
