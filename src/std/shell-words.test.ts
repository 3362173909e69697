import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shellWords, unwrapShell } from './shell-words.ts'

const single = (text: string) => `'${text.replaceAll("'", `'"'"'`)}'`

describe('unwrapShell', () => {
  it.each([
    ["/bin/bash -lc 'ls -l'", 'ls -l'],
    ['/bin/bash -lc ls', 'ls'],
    ['bash -lc "echo \\"a\\" \\$x"', 'echo "a" $x'],
    ["/usr/bin/zsh -lc 'a'\"'\"'b'", "a'b"],
    ['ls -l', 'ls -l'],
    ["/bin/bash -lc 'unclosed", "/bin/bash -lc 'unclosed"],
    ['/bin/bash -lc a b', '/bin/bash -lc a b'],
  ])('%s', (command, own) => expect(unwrapShell(command)).toBe(own))

  it('gets back any command that was quoted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(unwrapShell(`/bin/bash -lc ${single(text)}`)).toBe(text)
      }),
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...`'"\\ ab$`) }), (text) => {
        shellWords(text)
      }),
    )
  })
})
