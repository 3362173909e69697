import { expect, test } from 'vitest'
import { bindText, podmanMountForm } from './mount-form.ts'

test('a mount of words, a bind where a comma, a quote or a line break is in a path', () => {
  const form = (source: string, target = '/x') => podmanMountForm({ source, target })
  for (const plain of ['/a', '/a b', '/a:b', '/a=b', '/a\\b', "/a'b", '/é']) expect(form(plain)).toBe('mount')
  for (const odd of ['/a,b', '/a"b', '/a\nb']) {
    expect(form(odd)).toBe('bind')
    expect(form('/a', odd)).toBe('bind')
  }
  expect(bindText({ source: '/a,b', target: '/x', readOnly: true })).toBe('/a,b:/x:ro')
  expect(bindText({ source: '/a,b', target: '/x', readOnly: false })).toBe('/a,b:/x')
})

test('what neither form holds is refused by name', () => {
  for (const [source, target] of [
    ['/a,b:c', '/x'],
    ['/a:b', '/x,y'],
  ] as const)
    expect(() => podmanMountForm({ source, target })).toThrow(`podman cannot mount ${source} at ${target}`)
})
