import { describe, expect, it } from 'vitest'
import { commandInput, providerSuite } from '../../test/conformance/provider.ts'
import { noop } from './noop.ts'

providerSuite(noop, [])

describe('noop', () => {
  it('does nothing, unless it is asked to', () => {
    expect(noop.command(commandInput()).argv).toEqual(['/bin/true'])
    const { argv } = noop.command(commandInput({ options: { commit: 'a b.txt', exit: '3' } }))
    expect(argv.slice(3)).toEqual(['noop', 'a b.txt', '', '/opt/berth/bin', 'http://127.0.0.1:3128/v1', '3'])
  })
})
