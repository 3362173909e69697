import { expect, test } from 'vitest'
import { droppedBy, ENGINE_CAPABILITIES, POLICIES, rightsWords, TIERS, tierOf } from './policy.ts'

test('each tier gives something that the one before does not', () => {
  expect(POLICIES).toEqual(['sandboxed', 'open', 'privileged'])
  const rows = POLICIES.map((policy) => JSON.stringify(TIERS[policy]))
  expect(new Set(rows).size).toBe(rows.length)
  expect(rightsWords(TIERS.sandboxed)).toBe("cannot gain rights, no capabilities, Berth's filter of system calls")
  expect(rightsWords(TIERS.privileged)).toMatch(/^can become root .* CHOWN .* SYS_CHROOT, the engine's filter/)
})

test('what an engine takes away leaves the capabilities of the tier, and none that leads out of the container', () => {
  expect(droppedBy(TIERS.open)).toEqual(['ALL'])
  expect(droppedBy(TIERS.privileged)).toEqual(['AUDIT_WRITE', 'MKNOD', 'NET_RAW'])
  const left = ENGINE_CAPABILITIES.filter((name) => !droppedBy(TIERS.privileged).includes(name))
  expect(left).toEqual(TIERS.privileged.capabilities)
})

test('a task on the host has no tier', () => {
  expect(tierOf({ policy: 'open', isolation: 'host' })).toBeNull()
  expect(tierOf({ policy: 'open', isolation: 'container' })).toBe(TIERS.open)
})
