import { describe, expect, it, test } from 'vitest'
import { BerthError } from '../domain/errors.ts'
import { askedImages } from './asked-images.ts'

const refusal = (words: readonly string[], agent?: string, tags: readonly string[] = []): string => {
  try {
    askedImages(words, agent, tags)
  } catch (error) {
    if (error instanceof BerthError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'not refused'
}

describe('askedImages', () => {
  test('without a kind: the agent image and the toolbox', () => {
    expect(askedImages([], undefined, [])).toEqual({ kinds: ['agent'], withToolbox: true, provider: 'all', tags: [] })
  })

  test('kinds come in the order in which they are built, each once', () => {
    const { kinds, withToolbox } = askedImages(['nested', 'worker', 'base', 'worker'], undefined, [])
    expect([kinds, withToolbox]).toEqual([['base', 'worker', 'nested'], false])
  })

  test('a worker of one agent, with tags', () => {
    expect(askedImages(['worker'], 'codex', ['1.4'])).toMatchObject({ provider: 'codex', tags: ['1.4'] })
  })

  it.each([
    [['wroker'], undefined, [], 'usage: wroker: there is no such image (did you mean worker?)'],
    [[''], undefined, [], 'usage: : there is no such image'],
    [['worker'], 'codx', [], 'unknown-provider: --agent codx: there is no such agent (did you mean codex?)'],
    [['worker'], 'all', [], 'unknown-provider: --agent all: there is no such agent'],
    [['agent'], 'codex', [], 'usage: --agent is for the worker image alone'],
    [[], 'codex', [], 'usage: --agent is for the worker image alone'],
    [['worker'], undefined, ['a:b'], 'usage: --tag a:b: this is no tag'],
    [['worker'], undefined, ['1', ''], 'usage: --tag : this is no tag'],
    [['worker'], 'codex', ['x'.repeat(123)], `usage: --tag ${'x'.repeat(123)}: this is no tag`],
  ])('%j, agent %s, tags %j: %s', (words, agent, tags, says) => expect(refusal(words, agent, tags)).toBe(says))
})
