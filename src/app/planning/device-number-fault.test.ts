import { expect, test } from 'vitest'
import { deviceNumberFault } from './device-number-fault.ts'

test.each([
  [1, 1, 'memory'],
  [1, 11, 'memory'],
  [21, 0, 'commands to a disk'],
  [1, 3, undefined],
  [10, 229, undefined],
])('the character device %i:%i: %s', (major, minor, words) => {
  const fault = deviceNumberFault(major * 256 + minor)
  if (words === undefined) expect(fault).toBeUndefined()
  else expect(fault).toContain(words)
})
