import { expect, test } from 'vitest'
import { parsePorts } from './forward.ts'

test.each([
  ['3000', { port: 3000, hostPort: 3000 }],
  ['3000:8080', { port: 3000, hostPort: 8080 }],
  ['65535:0', { port: 65_535, hostPort: 0 }],
])('%s', (text, ports) => expect(parsePorts(text)).toEqual(ports))

test.each(['', '0', '0:3000', '65536', '3000:65536', '3000:', ':3000', '-1', '3000/tcp', '127.0.0.1:3000', '1e3'])(
  '%j names no port',
  (text) => expect(() => parsePorts(text)).toThrow(`forward: ${text} names no port`),
)
