import { expect, test } from 'vitest'
import { parseSecurityLabel } from './parse-security-label.ts'

test.each([
  [['disable'], ['disable']],
  [['spc_t'], ['type:spc_t']],
  [
    ['type:container_t', 'level:s0:c1,c2'],
    ['type:container_t', 'level:s0:c1,c2'],
  ],
  [[], []],
])('%j', (texts, options) => expect(parseSecurityLabel(texts)).toEqual(options))

test.each([
  [['disable', 'spc_t'], 'disable goes with no other label'],
  [['a_t', 'type:b_t'], 'the type is given twice'],
  [['nested:true'], '"nested:true" is not disable, TYPE or PART:VALUE; the parts are user, role, type, level'],
  [['type:'], '"type:" is not disable'],
  [[''], '"" is not disable'],
  [['a t'], '"a t" is not disable'],
])('%j is one sentence', (texts, words) => expect(() => parseSecurityLabel(texts)).toThrow(words))
