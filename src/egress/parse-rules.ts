import { parseHost } from '../domain/network/host-name.ts'
import { isMethod } from '../domain/network/methods.ts'
import { type Check, fields, isText, listOf, maybe, nullOr, oneOf } from '../std/shape.ts'

const isHost: Check = (value) => {
  if (typeof value !== 'string') return false
  const name = value.startsWith('*.') ? value.slice(2) : value
  const host = parseHost(name)
  return host.ok && host.value === name
}

const isPort: Check = (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535
const isPath: Check = (value) => typeof value === 'string' && value.startsWith('/')
const isTrue: Check = (value) => value === true

const isRule = fields({
  effect: oneOf('allow', 'deny'),
  host: isHost,
  port: nullOr(isPort),
  tls: oneOf('tunnel', 'inspect'),
  methods: maybe(listOf((value) => typeof value === 'string' && isMethod(value))),
  paths: maybe(listOf(isPath)),
  private: maybe(isTrue),
  push: maybe(isTrue),
  target: isText,
  origin: oneOf('policy', 'provider', 'forge', 'configuration', 'preset', 'flag', 'project', 'live'),
})

/** True for `network` of a gateway's task: null, or rules whose hosts are canonical. */
export const isNetwork: Check = nullOr(fields({ rules: listOf(isRule) }))
