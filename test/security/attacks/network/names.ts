import type { NetworkAttack } from './network-attack.ts'

/** Each of these targets by CONNECT, then a request with the mark in its tunnel. */
const tunnelTo = (targets: string) => `
for target in ${targets}:
    tunnel(target, request('GET', '/' + MARK, 'x'))`

/** The same in absolute form. */
const absoluteTo = (hosts: string) => `
for host in ${hosts}:
    talk(f'GET http://{host}:{P}/{MARK} HTTP/1.1\\r\\nHost: {host}:{P}\\r\\n\\r\\n'.encode(), 3)`

/** Names, addresses, and their spellings. */
export const nameAttacks: readonly NetworkAttack[] = [
  {
    name: 'the loopback by CONNECT, in decimal, octal, hexadecimal and short spellings',
    off: ['rules', 'address', 'first-words', 'server-name'],
    python: tunnelTo(
      `[f'{host}:{P}' for host in ['127.0.0.1', '2130706433', '0177.0.0.1', '0x7f000001', '127.1', '0x7f.0.0.01']]`,
    ),
  },
  {
    name: 'the loopback in absolute form, in decimal, octal, hexadecimal and short spellings',
    off: ['rules', 'address'],
    python: absoluteTo(`['127.0.0.1', '2130706433', '0177.0.0.1', '0x7f000001', '127.1', '0']`),
  },
  {
    name: 'the loopback as an IPv6 address that carries one of IPv4',
    off: ['rules', 'address', 'first-words', 'server-name'],
    python: tunnelTo(
      `[f'[{host}]:{P}' for host in ['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:127.0.0.1', '::FFFF:127.0.0.1']]`,
    ),
  },
  {
    name: 'spellings of localhost',
    off: ['rules', 'address'],
    python: absoluteTo(`['localhost', 'LOCALHOST', 'localhost.', 'LocalHost.']`),
  },
  {
    name: 'an allowed public name whose address is private',
    off: ['address'],
    python: absoluteTo(`['public.test']`),
  },
  {
    name: 'an allowed public name with a public and a private address',
    off: ['address'],
    python: absoluteTo(`['both.test']`),
  },
  {
    name: 'an allowed public name whose second answer is another address than its first',
    off: ['rebinding'],
    python: absoluteTo(`['rebind.test']`),
  },
  {
    name: 'an allowed private name with an address that no task may reach',
    off: ['address'],
    python: absoluteTo(`['zero.test']`),
  },
  {
    name: 'a redirect of an allowed server to a private address',
    off: ['rules', 'address'],
    python: `
got = plain('front.test', f'/redirect?to=http%3A%2F%2F127.0.0.1%3A{P}%2Fend')
to = re.search(rb'[Ll]ocation: http://([^/]+)/', got)[1].decode()
talk(f'GET http://{to}/{MARK} HTTP/1.1\\r\\nHost: {to}\\r\\n\\r\\n'.encode(), 3)`,
  },
  {
    name: 'a denied name in capitals, below a wildcard that allows it',
    off: ['canonical', 'first-words', 'server-name'],
    python: tunnelTo(`[f'{host}:{P}' for host in ['SECRET.box.test', 'sEcReT.box.test']]`),
  },
  {
    name: 'a denied name behind a user, or before a byte that ends it',
    off: ['canonical', 'first-words', 'server-name'],
    python: tunnelTo(`[f'{host}:{P}' for host in ['x@secret.box.test', 'secret.box.test%00.box.test']]`),
  },
  {
    name: 'a denied name with a dot at its end, in wide letters, percent signs, control bytes and blanks',
    off: ['rules', 'address', 'first-words', 'server-name'],
    python: tunnelTo(
      `[f'{host}:{P}' for host in ['secret.box.test.', '\\uff53ecret.box.test', '%73ecret.box.test', 'secret.box.test\\x00.box.test', 'secret.box.test\\r\\nx: y', 'secret\\tbox.test', 'secret.box.test/.box.test', 'secret.box.test#.box.test', 'secret.box.test\\\\.box.test']]`,
    ),
  },
  {
    name: 'a name that ends like an allowed wildcard, without its dot',
    off: ['labels', 'address'],
    python: absoluteTo(`['evilbox.test']`),
  },
  {
    name: 'a URL whose host stands behind a user that looks like an allowed host',
    off: ['rules', 'address', 'host'],
    python: `
for name in [f'front.test:{P}@evil.test', f'front.test:{P}%2f@evil.test', f'front.test%00:{P}@evil.test']:
    talk(f'GET http://{name}:{P}/{MARK} HTTP/1.1\\r\\nHost: front.test:{P}\\r\\n\\r\\n'.encode(), 3)`,
  },
  {
    name: 'an allowed host at a port that no rule names',
    off: ['rules', 'first-words', 'server-name', 'address'],
    python: tunnelTo(`[f'front.test:{R}', f'front.test:0{R}', f'front.test:+{R}']`),
  },
]
