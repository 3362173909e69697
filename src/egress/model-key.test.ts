import { describe, expect, test, vi } from 'vitest'
import type { GatewayModel } from './egress.ts'
import { modelKey } from './model-key.ts'
import { wantedKeys } from './wanted-keys.ts'

const model: GatewayModel = {
  upstream: 'https://m/v1',
  header: 'authorization-bearer',
  placeholder: 'ph',
  key: 'token-one',
  headers: { 'x-account': 'account-one' },
  login: { name: 'codex/work', version: '1' },
}
const second = { key: 'token-two', headers: { 'x-account': 'account-two' }, version: '2' }
const signal = new AbortController().signal

const begin = (limits: { renewMs?: number; freshMs?: number } = {}) => {
  const wants = wantedKeys()
  const told = vi.fn()
  wants.listen(told)
  const key = modelKey(model, { task: 't', limits: { renewMs: 60_000, freshMs: 60_000, ...limits }, wants })
  return { key, wants, told }
}

describe('a token that the model refused', () => {
  test('many requests want another one once, and all get it', async () => {
    const { key, wants, told } = begin()
    const waiting = Array.from({ length: 20 }, () => key.renewed('1', signal))
    expect(told.mock.calls).toEqual([[{ task: 't', login: 'codex/work', version: '1' }]])
    expect(wants.list()).toHaveLength(1)
    key.set(second)
    expect(await Promise.all(waiting)).toEqual(Array(20).fill({ isRenewed: true }))
    expect(key.now()).toMatchObject({ key: 'token-two', headers: second.headers, login: { version: '2' } })
    expect(wants.list()).toEqual([])
  })

  test('one whose answer came after the new token wants none', async () => {
    const { key, told } = begin()
    key.set(second)
    expect(await key.renewed('1', signal)).toEqual({ isRenewed: true })
    expect(told).not.toHaveBeenCalled()
  })

  test('there is no other one: all who wait are told, and who comes later', async () => {
    const { key, told } = begin()
    const waiting = key.renewed('1', signal)
    key.set({ refused: 'signed out' })
    expect(await waiting).toEqual({ isRenewed: false, reason: 'signed out' })
    expect(await key.renewed('1', signal)).toEqual({ isRenewed: false, reason: 'signed out' })
    expect(told).toHaveBeenCalledTimes(1)
    key.set(second)
    expect(await key.renewed('1', signal)).toEqual({ isRenewed: true })
  })

  test('nobody answers in time', async () => {
    const { key, wants } = begin({ renewMs: 10 })
    expect(await key.renewed('1', signal)).toMatchObject({ isRenewed: false })
    expect(wants.list()).toEqual([])
  })

  test('the client goes away', async () => {
    const { key, wants } = begin()
    const gone = new AbortController()
    const waiting = key.renewed('1', gone.signal)
    gone.abort()
    await expect(waiting).rejects.toThrow()
    expect(wants.list()).toEqual([])
  })

  test('the gateway ends', async () => {
    const { key, wants } = begin()
    const waiting = [key.renewed('1', signal), key.renewed('1', signal)]
    key.end()
    await Promise.all(waiting.map((one) => expect(one).rejects.toThrow('the gateway ends')))
    expect(wants.list()).toEqual([])
  })

  test('a token that was renewed just now is not renewed again, a later one is', async () => {
    const { key, told } = begin()
    key.set(second)
    expect(await key.renewed('2', signal)).toMatchObject({ isRenewed: false })
    expect(told).not.toHaveBeenCalled()
    const later = begin({ freshMs: 0 })
    later.key.set(second)
    const waiting = later.key.renewed('2', signal)
    later.key.set({ ...second, version: '3' })
    expect(await waiting).toEqual({ isRenewed: true })
  })
})

describe('new rules of the task', () => {
  test('with a newer token of the same login: who waits gets it', async () => {
    const { key } = begin()
    const waiting = key.renewed('1', signal)
    key.adopt({ ...model, key: 'token-two', login: { name: 'codex/work', version: '2' } })
    expect(await waiting).toEqual({ isRenewed: true })
  })

  test('with the same token: who waits goes on waiting', async () => {
    const { key, wants } = begin()
    const waiting = key.renewed('1', signal)
    key.adopt({ ...model })
    expect(wants.list()).toHaveLength(1)
    key.set(second)
    expect(await waiting).toEqual({ isRenewed: true })
  })

  test('with another login, or none: who waits gets no other token', async () => {
    const other = begin()
    const waiting = other.key.renewed('1', signal)
    other.key.adopt({ ...model, key: 'other', login: { name: 'codex/home', version: '9' } })
    expect(await waiting).toMatchObject({ isRenewed: false })
    expect(other.key.now().key).toBe('other')
    const none = begin()
    const held = none.key.renewed('1', signal)
    none.key.adopt(null)
    expect(await held).toMatchObject({ isRenewed: false })
  })
})

test('old and new tokens and their headers are masked', () => {
  const { key } = begin()
  key.set(second)
  expect(key.redact('token-one token-two account-one account-two')).toBe('*** *** *** ***')
})
