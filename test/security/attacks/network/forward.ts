import type { NetworkAttack } from './network-attack.ts'

/** The way by which callers reach a server in the sandbox, turned around. */
export const forwardAttacks: readonly NetworkAttack[] = [
  {
    name: 'a connection for callers that names a port of the host instead of a token',
    off: ['dial'],
    python: `
for way in ['/.berth/accept/', '/.berth/refuse/', '/.berth/park/']:
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(2)
        s.connect('/run/berth/gateway.sock')
        s.sendall(f'GET {way}127.0.0.1:{P} HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\nUpgrade: berth-dial\\r\\n\\r\\n'.encode())
        print(statuses(head_of(s)))
        say(s, request('GET', '/' + MARK, f'front.test:{P}'))`,
  },
  {
    name: 'a hundred connections that wait for callers',
    off: ['parked', 'pace'],
    python: `
held = []
for _ in range(100):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(0.02)
    s.connect('/run/berth/gateway.sock')
    s.sendall(b'GET /.berth/park HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\nUpgrade: berth-dial\\r\\n\\r\\n')
    held.append(s)
time.sleep(1)
print('parked', 'many' if sum(101 in statuses(head_of(s)) for s in held) > 50 else 'few')`,
    succeeds: /parked many/,
  },
]
