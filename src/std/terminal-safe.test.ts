import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { terminalLine, terminalSafe } from './terminal-safe.ts'

describe('terminalSafe', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]52;c;ZXZpbA==\u0007x', 'x'],
    ['\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['a\u001b[2K\u001b[1Ab', 'ab'],
    ['10%\r50%\r100%\n', '100%\n'],
    ['a\r\nb', 'a\nb'],
    ['bell\u0007 back\b', 'bell back'],
    ['\u009b31mc1', 'c1'],
    ['abc\u202etxt.exe', 'abctxt.exe'],
    ['a\tb', 'a    b'],
    ['é日本👍🏽', 'é日本👍🏽'],
    ['a\u061cb\u200bc\u200fd\u2060e\ufefff\u00adg\u{e0041}h', 'abcdefgh'],
    ['a\u2028b\u2029c', 'a b c'],
    ['\u001b]0;not ended', '0;not ended'],
    ['\u001b]0;not ended\nshown\u0007', '0;not ended\nshown'],
    ['\u001b[31', '31'],
    ['\u001b(Bx\u001bMy\u001b7z', 'xyz'],
    ['\u001bP1$r\u001b\\a\u0090q\u009cb\u009d0;t\u0007c', 'abc'],
    ['a\ud800b', 'a\ufffdb'],
  ])('%j', (text, safe) => expect(terminalSafe(text)).toBe(safe))

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.constantFrom('\u001b', '[', ']', ';', '\u0007', '\r', 'm', '\u009b'),
            fc.string({ unit: 'binary', maxLength: 1 }),
          ),
        }),
        (text) => {
          expect(terminalSafe(text)).not.toMatch(/(?!\n)\p{Cc}/u)
          expect(terminalLine(text)).not.toMatch(/\p{Cc}/u)
        },
      ),
    )
  })
})
