/** An attack past the gateway. It finds the ports of servers of this machine, a mark, and the addresses of this machine. */
export type ContainerAttack = {
  readonly name: string
  readonly python: string
  /** What it says when it succeeds; absent: a server of this machine sees its mark. */
  readonly succeeds?: RegExp
}

/** Where this machine may be reached: by the route out, the name servers, and what engines give it. */
export const CONTAINER_LIB = `
import os, socket, stat, struct
def machine():
    found = ['172.17.0.1', '10.88.0.1', '127.0.0.1', 'host.docker.internal', 'host.containers.internal']
    for line in open('/proc/net/route').read().split('\\n')[1:]:
        words = line.split()
        if len(words) > 2 and words[1] == '00000000':
            found.append(socket.inet_ntoa(struct.pack('<L', int(words[2], 16))))
    for line in open('/etc/resolv.conf').read().split('\\n'):
        words = line.split()
        if words[:1] == ['nameserver'] and ':' not in words[1] and words[1] not in found:
            found.append(words[1])
    return [one for one in found if not one.startswith('10.255.')]
def each(kind, act):
    for host in machine():
        try:
            with socket.socket(socket.AF_INET, kind) as s:
                s.settimeout(1)
                act(s, host)
        except OSError:
            pass
`

export const containerAttacks: readonly ContainerAttack[] = [
  {
    name: 'a name asked of a name server by a packet',
    python: `
query = b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0' + bytes([len(MARK)]) + MARK.encode() + b'\\4test\\0\\0\\1\\0\\1'
each(socket.SOCK_DGRAM, lambda s, host: s.sendto(query, (host, UDP)))`,
  },
  {
    name: 'a connection to a port of this machine',
    python: `
def ask(s, host):
    s.connect((host, TCP))
    s.sendall(MARK.encode())
each(socket.SOCK_STREAM, ask)`,
  },
  {
    name: "another task's way to its model",
    python: `
own = os.stat('/run/berth/gateway.sock').st_ino
answers = 0
for top in ['/run', '/tmp', '/var', '/berth', '/outside', '/mnt', '/home', *[f'/proc/{pid}/root/{name}' for pid in os.listdir('/proc') if pid.isdigit() for name in ['run', 'tmp', 'outside']]]:
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            try:
                seen = os.lstat(path)
                if not stat.S_ISSOCK(seen.st_mode) or seen.st_ino == own:
                    continue
                with socket.socket(socket.AF_UNIX) as s:
                    s.settimeout(2)
                    s.connect(path)
                    s.sendall(b'GET /admin HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
                    answers += s.recv(12).startswith(b'HTTP/1.1')
            except OSError:
                pass
print('answers', answers)`,
    succeeds: /answers [1-9]/,
  },
]
