import { describe, expect, it } from 'vitest'
import { didYouMean, suggest } from './suggest.ts'

const keys = ['engine', 'image', 'memory', 'push-to', 'turn-timeout', 'model', 'base-url']

describe('suggest', () => {
  it.each([
    ['engin', 'engine'],
    ['enigne', 'engine'],
    ['imgae', 'image'],
    ['MEMORY', 'memory'],
    ['timeout', undefined],
    ['turn-timout', 'turn-timeout'],
    ['baseurl', 'base-url'],
    ['mem', 'memory'],
    ['xyzzy', undefined],
    ['', undefined],
  ])('%s', (word, best) => expect(suggest(word, keys)).toBe(best))

  it('makes the end of a sentence', () => {
    expect(didYouMean('modle', keys, (name) => `--${name}`)).toBe(' (did you mean --model?)')
    expect(didYouMean('zzz', keys)).toBe('')
  })
})
