import { expect, it } from 'vitest'
import { parseTarget } from '../domain/network/parse-target.ts'
import { parseKey, parseTask } from './parse-task.ts'

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

const login = {
  upstream: 'https://m/v1',
  header: 'authorization-bearer',
  placeholder: 'ph',
  key: 'token',
  headers: { 'x-account': 'a b' },
  login: { name: 'codex/work', version: '1' },
  intercept: { paths: ['/check'] },
}
const model = (change: object) => parseTask('t-1', JSON.stringify({ socket: '/s', model: { ...login, ...change } }))

it('takes a model with a login', () => {
  expect(model({})).toMatchObject({ ok: true, value: { model: login } })
})

it.each([
  [{ headers: { host: 'other' } }],
  [{ headers: { Authorization: 'Bearer x' } }],
  [{ headers: { 'x-a': 'b\r\nx-c: d' } }],
  [{ headers: { 'x-a': 1 } }],
  [{ headers: { 'x a': 'b' } }],
  [{ login: { name: 'codex', version: '1' } }],
  [{ login: { name: 'codex/work; rm', version: '1' } }],
  [{ login: { name: 'codex/work' } }],
  [{ key: null }],
  [{ paths: 'all' }],
  [{ intercept: true }],
  [{ intercept: { paths: ['check'] } }],
  [{ upstream: 'http://m/v1' }],
])('refuses a model with %j', (change) => {
  expect(model(change).ok).toBe(false)
})

it.each([
  [{ refused: 'signed out' }, true],
  [{ key: 'token', headers: {}, version: '2' }, true],
  [{ key: 'token', version: '2' }, false],
  [{ key: 'token', headers: {} }, false],
  [{ key: null, headers: {}, version: '2' }, false],
  [{ key: 'to\nken', headers: {}, version: '2' }, false],
  [{ key: 'token', headers: { host: 'x' }, version: '2' }, false],
  ['token', false],
])('the key %j: %s', (body, expected) => {
  expect(parseKey(JSON.stringify(body)).ok).toBe(expected)
})
