import { describe, expect, test } from 'vitest'
import { framingHeaders, requestFraming } from './framing.ts'

describe('requestFraming', () => {
  test.each([
    ['POST', [], { kind: 'none' }, ['Content-Length', '0']],
    ['GET', [], { kind: 'none' }, []],
    ['GET', ['Transfer-Encoding', 'Chunked'], { kind: 'chunked' }, ['Transfer-Encoding', 'chunked']],
    ['DELETE', ['content-length', '007'], { kind: 'length', length: 7 }, ['Content-Length', '7']],
    ['HEAD', ['content-length', '0'], { kind: 'length', length: 0 }, ['Content-Length', '0']],
  ] as const)('%s %j', (method, raw, framing, headers) => {
    expect(requestFraming(method, '1.1', ['Host', 'x', ...raw])).toEqual({ framing })
    expect(framingHeaders(method, framing)).toEqual(headers)
  })

  test.each([
    ['CONNECT', '1.1', []],
    ['TRACE', '1.1', []],
    ['PROPFIND', '1.1', []],
    ['GET', '0.9', []],
    ['POST', '2.0', []],
    ['POST', '1.0', ['Transfer-Encoding', 'chunked']],
    ['POST', '1.1', ['Transfer-Encoding', 'chunked', 'Content-Length', '3']],
    ['POST', '1.1', ['Content-Length', '3', 'Content-length', '3']],
    ['POST', '1.1', ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
    ['POST', '1.1', ['Transfer-Encoding', 'gzip, chunked']],
    ['POST', '1.1', ['Transfer-Encoding', 'identity']],
    ['POST', '1.1', ['Transfer-Encoding', 'chunked ']],
    ['POST', '1.1', ['Content-Length', '3, 3']],
    ['POST', '1.1', ['Content-Length', '+3']],
    ['POST', '1.1', ['Content-Length', '0x3']],
    ['POST', '1.1', ['Content-Length', '']],
    ['POST', '1.1', ['Content-Length', '9007199254740993']],
    ['POST', '1.1', ['Content_Length', '3']],
    ['POST', '1.1', ['Transfer.Encoding', 'chunked']],
  ] as const)('odd: %s HTTP/%s %j', (method, version, raw) => {
    expect(requestFraming(method, version, ['Host', 'x', ...raw])).toHaveProperty('odd')
  })
})
