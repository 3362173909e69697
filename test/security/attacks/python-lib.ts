/** Put before each attack in Python. */
export const PYTHON_LIB = `
import glob, json, os, re, socket, sys, time

def placeholder():
    """The key's placeholder, as the agent's CLI has it."""
    for path in ['/proc/self/environ', *glob.glob('/proc/[0-9]*/environ')]:
        try:
            found = re.search(rb'=(berth-t-[0-9a-z]+)', open(path, 'rb').read())
        except OSError:
            continue
        if found:
            return found[1]
    return b'none'

AUTH = b'Host: x\\r\\nAuthorization: Bearer ' + placeholder() + b'\\r\\n'

def talk(raw, wait=0.7):
    """Sends bytes to the gateway; all that comes back until it closes or stays silent."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(wait)
        got = b''
        try:
            s.connect('/run/berth/gateway.sock')
            s.sendall(raw)
            while data := s.recv(65536):
                got += data
        except OSError:
            pass
        return got

def statuses(got):
    return [int(n) for n in re.findall(rb'HTTP/1\\.1 (\\d{3}) ', got)]
`
