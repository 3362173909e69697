import type { NetworkAttack } from './network-attack.ts'

/** Floods, slow clients, and the gateway's log. The last one leaves a queue of refusals, which takes a minute. */
export const floodAttacks: readonly NetworkAttack[] = [
  {
    name: 'a flood of denied connections: few are answered',
    off: ['pace'],
    python: `
answered, end = 0, time.time() + 5
while answered < 150 and time.time() < end:
    answered += connect(f'evil.test:{P}', wait=end - time.time() + 0.1)[1] == 403
print('answered', 'many' if answered >= 150 else 'few')`,
    succeeds: /answered many/,
  },
  {
    name: '700 connections that stay open',
    off: ['connections'],
    python: `
import resource
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
held, end = [], time.time() + 5
def hold():
    for _ in range(35):
        if time.time() > end: return
        try:
            s, status = connect(f'raw.test:{R}', wait=2)
            if status == 200:
                held.append(s)
        except OSError:
            pass
lanes = [threading.Thread(target=hold) for _ in range(20)]
for lane in lanes: lane.start()
for lane in lanes: lane.join()
print('held', 'many' if len(held) > 520 else 'few')`,
    succeeds: /held many/,
  },
  {
    name: 'a server name with a line of the log in it',
    off: ['log-words', 'log'],
    python: `
s, status = connect(f'front.test:{S}')
line = '{"kind":"net","verdict":"allowed","host":"' + MARK + '"}'
name = ('x"}\\n' + line + '\\n{"').encode()
inner = b'\\0' + len(name).to_bytes(2, 'big') + name
value = len(inner).to_bytes(2, 'big') + inner
extensions = b'\\0\\0' + len(value).to_bytes(2, 'big') + value
body = b'\\3\\3' + bytes(32) + b'\\0' + b'\\0\\2\\x13\\1' + b'\\1\\0' + len(extensions).to_bytes(2, 'big') + extensions
hand = b'\\1' + len(body).to_bytes(3, 'big') + body
print(status, say(s, b'\\x16\\3\\1' + len(hand).to_bytes(2, 'big') + hand))`,
    logs: { forges: true },
  },
  {
    name: 'a path with the end of a line of the log in it',
    off: ['log-words', 'log'],
    python: `plain('evil.test', '/x","host":"' + MARK + '","verdict":"allowed","rule":"x')`,
    logs: { forges: true },
  },
  {
    name: 'tunnels whose clients say nothing, or a word in many minutes',
    off: ['patience'],
    before: `
weaken('patience')
held = [connect(f'raw.test:{R}')[0] for _ in range(3)]
if os.fork() == 0:
    os.setsid()
    for name in [0, 1, 2]: os.close(name)
    end = time.time() + 13
    while time.time() < end:
        for at, s in enumerate(held[1:]):
            try:
                s.sendall([b'\\x16', b'G'][at] if time.time() < end - 12 else b'')
            except OSError:
                pass
        time.sleep(1)
    still = 0
    for s in held:
        s.settimeout(0.1)
        try:
            still += s.recv(1) != b''
        except TimeoutError:
            still += 1
        except OSError:
            pass
    open('/tmp/held', 'w').write(f'open {still}')
    os._exit(0)`,
    python: `
end = time.time() + 8
while not os.path.exists('/tmp/held') and time.time() < end: time.sleep(0.1)
print(open('/tmp/held').read())`,
    succeeds: /open 3/,
  },
  {
    name: 'connections to thousands of denied hosts: the log stays short',
    off: ['log', 'pace'],
    python: `
end, n = time.time() + 5, 0
while n < 1000 and time.time() < end:
    some = []
    for _ in range(50):
        n += 1
        try:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(0.5)
            s.connect('/run/berth/gateway.sock')
            s.sendall(f'CONNECT {MARK}-{n}.test:443 HTTP/1.1\\r\\n\\r\\n'.encode())
            some.append(s)
        except OSError:
            pass
    try:
        some[0].recv(100)
    except OSError:
        pass
    for s in some: s.close()
print(n)`,
    logs: { lines: 250 },
  },
]
