import { expect, it } from 'vitest'
import { parseTarget } from '../domain/network/parse-target.ts'
import { parseTask } from './parse-task.ts'

const rule = { effect: 'allow', host: 'example.org', port: null, tls: 'tunnel', target: 'example.org', origin: 'flag' }
const read = (network: unknown) => parseTask('t-1', JSON.stringify({ socket: '/s', model: null, network }))

it('takes the rules that the parser of targets makes', () => {
  const texts = ['npm', '*.example.org', '[::1]:80 private', 'api.example.org GET /a/*', 'github push']
  const rules = texts.flatMap((text) => {
    const parsed = parseTarget(text, 'preset')
    return parsed.ok ? parsed.value : []
  })
  expect(read({ rules })).toMatchObject({ ok: true, value: { network: { rules } } })
  expect(read(null)).toMatchObject({ ok: true, value: { network: null } })
})

it.each([
  [{ host: 'Example.org' }],
  [{ host: 'example.org.' }],
  [{ host: '0x7f.1' }],
  [{ host: '*.*.org' }],
  [{ host: '*' }],
  [{ host: '' }],
  [{ host: 3 }],
  [{ port: 0 }],
  [{ port: 65536 }],
  [{ port: '443' }],
  [{ port: undefined }],
  [{ tls: 'open' }],
  [{ effect: 'maybe' }],
  [{ methods: ['get'] }],
  [{ methods: 'GET' }],
  [{ paths: ['acme'] }],
  [{ private: false }],
  [{ push: 'yes' }],
  [{ origin: 'nobody' }],
  [{ target: null }],
])('refuses a rule with %j', (change) => {
  expect(read({ rules: [rule] }).ok).toBe(true)
  expect(read({ rules: [{ ...rule, ...change }] })).toEqual({ ok: false, error: 'network has a rule that is none' })
})

it.each([[[]], [{}], ['all'], [{ rules: {} }]])('refuses the network %j', (network) => {
  expect(read(network).ok).toBe(false)
})
