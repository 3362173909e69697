import { SWITCH_HOST } from '../../../fixtures/weak-gateway/weak-checks.ts'
import { PYTHON_LIB } from '../python-lib.ts'

export type WitnessPorts = { readonly http: number; readonly https: number; readonly raw: number }

/** What each attack on the network finds defined. The ports are those of the servers outside. */
export const networkLib = ({ http, https, raw }: WitnessPorts): string => `${PYTHON_LIB}
import ssl, threading
P, S, R = '${http}', '${https}', '${raw}'

def weaken(names):
    """Tells the weak gateway which checks are off; the gateway of the package denies it like any other host."""
    got = b''
    while b'HTTP/1.1' not in got:
        got = talk(f'GET http://${SWITCH_HOST}/{names} HTTP/1.1\\r\\nHost: ${SWITCH_HOST}\\r\\n\\r\\n'.encode(), 5)

def head_of(s):
    got = b''
    try:
        while b'\\r\\n\\r\\n' not in got:
            data = s.recv(65536)
            if not data:
                break
            got += data
    except OSError:
        pass
    return got

def connect(target, more=b'', wait=5):
    """A CONNECT; the socket and the status."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(wait)
    s.connect('/run/berth/gateway.sock')
    target = target.encode('utf-8') if isinstance(target, str) else target
    try:
        s.sendall(b'CONNECT ' + target + b' HTTP/1.1\\r\\nHost: ' + target + b'\\r\\n' + more + b'\\r\\n')
    except OSError:
        pass  # Closed already, as one of many may be.
    return s, (statuses(head_of(s)) or [0])[0]

def say(s, raw, wait=1):
    """Sends bytes; what comes back soon."""
    s.settimeout(wait)
    got = b''
    try:
        s.sendall(raw)
        while data := s.recv(65536):
            got += data
    except OSError:
        pass
    return got

def tunnel(target, raw):
    """CONNECT, then these bytes."""
    s, status = connect(target)
    with s:
        print(status, end=' ')
        return say(s, raw) if status == 200 else b''

def request(method, path, host, more='', body='', last=True):
    if last and 'Connection' not in more:
        more += 'Connection: close\\r\\n'
    return f'{method} {path} HTTP/1.1\\r\\nHost: {host}\\r\\n{more}\\r\\n{body}'.encode()

def plain(host, path, method='GET', more='', body=''):
    """A request in absolute form."""
    got = talk(request(method, f'http://{host}:{P}{path}', f'{host}:{P}', more, body), 3)
    print(statuses(got), end=' ')
    return got

def trusting():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context

def secure(s, name):
    """TLS on a socket; None where it fails."""
    try:
        return trusting().wrap_socket(s, server_hostname=name)
    except OSError:
        return None

def inspected(host, raw):
    """These bytes in the TLS of a tunnel to a host."""
    s, status = connect(f'{host}:{S}')
    with s:
        t = secure(s, host) if status == 200 else None
        got = b'' if t is None else say(t, raw)
        print(status, statuses(got), end=' ')
        return got

def hello(name):
    """The bytes of a TLS hello."""
    out = ssl.MemoryBIO()
    try:
        trusting().wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()

def smuggled(mark):
    return f'GET /{mark} HTTP/1.1\\r\\nHost: up\\r\\n\\r\\n'

def chunked(body):
    return f'{len(body):x}\\r\\n{body}\\r\\n0\\r\\n\\r\\n'
`
