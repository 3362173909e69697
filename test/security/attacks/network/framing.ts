import type { NetworkAttack } from './network-attack.ts'

const ROUTES = [
  ['in absolute form', (raw: string) => `talk(${raw}.replace(b' /', f' http://front.test:{P}/'.encode(), 1), 2)`],
  ['in a plain tunnel', (raw: string) => `tunnel(f'front.test:{P}', ${raw})`],
] as const

/** Bodies that a server takes for a further request, by each route. */
export const framingAttacks: readonly NetworkAttack[] = [
  ...ROUTES.map(
    ([route, by]): NetworkAttack => ({
      name: `a request in the chunked body of a GET, ${route}`,
      off: ['framing'],
      python: `
raw = request('GET', '/', f'front.test:{P}', 'Transfer-Encoding: chunked\\r\\n', chunked(smuggled(MARK)), last=False)
print(statuses(${by('raw')}))`,
    }),
  ),
  {
    name: 'a request in the chunked body of a GET, in TLS that the gateway reads',
    off: ['framing'],
    python: `
raw = request('GET', '/', f'read.test:{S}', 'Transfer-Encoding: chunked\\r\\n', chunked(smuggled(MARK)), last=False)
inspected('read.test', raw)`,
  },
  {
    name: 'a request in the counted body of a DELETE, in a plain tunnel',
    off: ['framing'],
    python: `
inner = smuggled(MARK)
print(statuses(tunnel(f'front.test:{P}', request('DELETE', '/', f'front.test:{P}', f'Content-Length: {len(inner)}\\r\\n', inner, last=False))))`,
  },
  {
    name: 'an upgrade to a protocol of its own, with bytes behind it',
    off: ['upgrade'],
    python: `
for method in ['GET', 'POST', 'OPTIONS']:
    raw = request(method, f'http://front.test:{P}/', f'front.test:{P}', 'Connection: Upgrade\\r\\nUpgrade: berth\\r\\n')
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(3)
        s.connect('/run/berth/gateway.sock')
        s.sendall(raw)
        print(statuses(head_of(s)))
        say(s, MARK.encode(), 0.3)`,
  },
]
