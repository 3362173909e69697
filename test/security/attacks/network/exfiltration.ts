import type { NetworkAttack } from './network-attack.ts'

/** What leaves by an allowed host, past its rule's methods and paths. */
export const exfiltrationAttacks: readonly NetworkAttack[] = [
  {
    name: 'a package published to a registry that is only read',
    off: ['methods'],
    python: `
for method in ['PUT', 'POST', 'PATCH', 'DELETE']:
    inspected('read.test', request(method, '/' + MARK, f'read.test:{S}', 'Content-Length: 2\\r\\n', '{}'))`,
  },
  {
    name: 'a POST to a forge whose rule names no method',
    off: ['methods'],
    python: `plain('notabug.org', '/api/' + MARK, 'POST', 'Content-Length: 2\\r\\n', '{}')`,
  },
  {
    name: 'a git push to a forge, in several spellings',
    off: ['push'],
    python: `
for path in ['/info/refs?service=git-receive-pack', '/git-receive-pack', '/info/refs?service=GIT-receive-pack', '/info/refs?a=b&service=git%2Dreceive%2dpack', '/info/refs?service=git%252dreceive-pack']:
    plain('notabug.org', '/' + MARK + path)
    plain('notabug.org', '/' + MARK + path, 'POST', 'Content-Length: 4\\r\\n', '0000')`,
  },
  {
    name: 'names asked over HTTPS, at a host whose rule names other paths',
    off: ['paths'],
    python: `
inspected('below.test', request('GET', f'/dns-query?dns={MARK}', f'below.test:{S}'))
inspected('below.test', request('POST', f'/dns-query/{MARK}', f'below.test:{S}', 'Content-Length: 0\\r\\n'))`,
  },
  {
    name: 'steps up from an allowed path, as lenient servers read them',
    off: ['plain-paths'],
    python: `
raw = b''
for step in ['..', '%2e%2e', '.%2e', '%252e%252e', '..;', '..%2f', '..%5c', '', '.', '%00..', '%c0%ae%c0%ae']:
    inspected('below.test', request('GET', f'/acme/{step}/{MARK}', f'below.test:{S}'))`,
  },
  {
    name: 'headers that name another method',
    off: ['steering'],
    python: `
for name in ['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method', 'x_http_method_override']:
    inspected('read.test', request('GET', '/', f'read.test:{S}', f'{name}: {MARK}\\r\\n'))`,
  },
  {
    name: 'headers that name another path',
    off: ['steering'],
    python: `
for name in ['X-Original-URL', 'X-Rewrite-URL', 'X_Original_Url']:
    inspected('below.test', request('GET', '/acme/x', f'below.test:{S}', f'{name}: /{MARK}\\r\\n'))`,
  },
  {
    name: 'a WebSocket through a rule that names methods',
    off: ['websocket'],
    python: `
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(3)
    s.connect('/run/berth/gateway.sock')
    s.sendall(request('GET', f'http://ws.test:{P}/{MARK}', f'ws.test:{P}', 'Connection: Upgrade\\r\\nUpgrade: websocket\\r\\n'))
    print(statuses(head_of(s)))`,
  },
]
