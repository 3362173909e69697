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
  {
    name: 'odd bounds of a body: each is refused',
    python: `
inner = ${inner('odd')}
for lines in [b'Content-Length: 5\\r\\nContent-Length: 5', b'Content-Length: 5, 5', b'Content-Length: +5', b'Content-Length : 5',
              b'Transfer-Encoding: gzip, chunked', b'Transfer-Encoding: xchunked', b'Transfer-Encoding: chunked\\r\\nTransfer-Encoding: chunked',
              b'Transfer-Encoding:\\r\\n chunked', b'Content_Length: 5', b'X-A: b\\r\\n c']:
    print(lines, statuses(talk(b'POST /v1/a/count_tokens HTTP/1.1\\r\\n' + AUTH + lines + b'\\r\\n\\r\\n0\\r\\n\\r\\n' + inner)))
print(statuses(talk(b'POST /v1/a/count_tokens HTTP/1.0\\r\\n' + AUTH + b'Transfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n' + inner)))`,
    prints: /^(?:(?:b.* )?\[(?:400)?\]\n?){11}$/,
    neverAsks: /smuggled-odd/,
  },
  {
    name: "a body's bounds behind more headers than a parser keeps: refused",
    python: `
inner = ${inner('many')}
for n in [900, 1000, 1100, 2100, 5000]:
    for last in [b'Content-Length: %d\\r\\n\\r\\n' % len(inner) + inner, b'Transfer-Encoding: chunked\\r\\n\\r\\n%x\\r\\n' % len(inner) + inner + b'\\r\\n0\\r\\n\\r\\n']:
        print(n, len(statuses(talk(b'POST /v1/a/count_tokens HTTP/1.1\\r\\n' + AUTH + b'a: b\\r\\n' * n + last))))`,
    prints: /^(?:\d+ [01]\n?){10}$/,
    neverAsks: /smuggled-many/,
  },
  {
    name: 'expectations, trailers and extensions: no answer too many, no header smuggled',
    python: `
body = b'Transfer-Encoding: chunked\\r\\nTrailer: authorization\\r\\n\\r\\n2;a="b"\\r\\n{}\\r\\n0;x\\r\\nAuthorization: Bearer other\\r\\nContent-Length: 50\\r\\n\\r\\n'
print(statuses(talk(b'POST /v1/a/count_tokens HTTP/1.1\\r\\n' + AUTH + body)))
print(statuses(talk(b'POST /v1/a/count_tokens HTTP/1.1\\r\\n' + AUTH + b'Expect: 100-continue\\r\\nContent-Length: 2\\r\\n\\r\\n{}')))
print(statuses(talk(b'POST /v1/a/count_tokens HTTP/1.1\\r\\n' + AUTH + b'Expect: more\\r\\nContent-Length: 2\\r\\n\\r\\n{}' + b'GET /v1/smuggled-expect HTTP/1.1\\r\\n' + AUTH + b'\\r\\n')))
print(statuses(talk(b'GET /v1/smuggled-expect HTTP/1.1\\r\\n\\r\\n')))`,
    prints: /^\[(?:40[04])?\]\n\[100, 404\]\n\[417\]\n\[400\]\n?$/,
    neverAsks: /smuggled-expect/,
  },
  {
    name: 'an upgrade and a tunnel behind a request: no answer in the place of another',
    python: `
first = b'POST /v1/a/count_tokens HTTP/1.1\\r\\n' + AUTH + b'Content-Length: 2\\r\\n\\r\\n{}'
for behind in [b'GET /v1/x HTTP/1.1\\r\\nHost: x\\r\\nConnection: upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n', b'CONNECT h:1 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', b'garbage\\r\\n\\r\\n']:
    print(statuses(talk(first + behind))[:1])`,
    prints: /^(?:\[(?:404)?\]\n?){3}$/,
  },
  {
    name: 'paths that a lenient server reads as a step up: each is refused',
    python: `
for step in ['..', '%2e%2e', '.%2e', '%252e%252e', '..;', '..;a=b', '..%3b', '.%00.', '%c0%ae%c0%ae', '%e0%80%ae.', '..%5c', '..\\\\', '', '.', '...', '..%20', '%ef%bc%8e%ef%bc%8e', 'x%2f..%2fy', '..%23']:
    print(step, statuses(talk(('GET /v1/' + step + '/smuggled-path HTTP/1.1\\r\\n').encode() + AUTH + b'\\r\\n')))`,
    prints: /^(?:\S* ?\[40[03]\]\n?){19}$/,
    neverAsks: /smuggled-path/,
  },
  {
    name: 'a flood of refused requests: few are answered, the rest waits',
    python: `
import select
answered, open_ones, end = 0, [], time.time() + 3
while time.time() < end:
    while len(open_ones) < 100:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect('/run/berth/gateway.sock')
            s.sendall(b'GET /admin HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
        except OSError:
            pass
        open_ones.append(s)
    for s in select.select(open_ones, [], [], 0.1)[0]:
        try:
            answered += b'403' in s.recv(4096)
        except OSError:
            pass
        s.close()
        open_ones.remove(s)
print('answered', answered, 'few' if answered < 150 else 'many')`,
    prints: /^answered \d+ few$/m,
  },
]
