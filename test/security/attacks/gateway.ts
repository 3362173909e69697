import type { Attack } from './attack.ts'

const inner = (name: string) => `b'POST /smuggled-${name} HTTP/1.1\\r\\nHost: up\\r\\nContent-Length: 150\\r\\n\\r\\n'`

/**
 * Requests that an upstream could count, bound or read otherwise than the gateway does. Their path is one whose 404 does
 * not end the turn.
 */
export const gatewayAttacks: readonly Attack[] = [
  ...['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PROPFIND', 'POST', 'PATCH'].map(
    (method): Attack => ({
      name: `a chunked body behind ${method}: it stays a body`,
      python: `
inner = ${inner(method)}
talk(b'${method} /v1/a/count_tokens HTTP/1.1\\r\\n' + AUTH + b'Transfer-Encoding: chunked\\r\\n\\r\\n%x\\r\\n' % len(inner) + inner + b'\\r\\n0\\r\\n\\r\\n')
got = talk(b'POST /v1/b/count_tokens HTTP/1.1\\r\\n' + AUTH + b'Content-Length: 2\\r\\n\\r\\n{}')
print(statuses(got))`,
      prints: /^\[\d+\]$/m,
      neverAsks: new RegExp(`smuggled-${method}`),
    }),
  ),
  {
    name: 'Content-Length beside Transfer-Encoding: refused',
    python: `
inner = ${inner('both')}
print(statuses(talk(b'POST /v1/a/count_tokens HTTP/1.1\\r\\n' + AUTH + b'Content-Length: %d\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n' % (len(inner) + 5) + inner)))`,
    prints: /^\[400\]$/m,
    neverAsks: /smuggled/,
  },
]
