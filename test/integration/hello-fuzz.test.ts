import { duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import { readClientHello } from '../../src/egress/proxy/client-hello.ts'
import { certificate } from '../fixtures/certificate.ts'
import { makeHello, realHello, takeApart } from '../fixtures/hello-fuzz/make-hello.ts'
import { random } from '../fixtures/http-fuzz/random.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** More of them by the environment. */
const SEEDS = Number(process.env['BERTH_FUZZ_SEEDS'] ?? 3000)
const FIRST = Number(process.env['BERTH_FUZZ_FIRST'] ?? 1)
const NAME = 'registry.example.org'
/** The first byte that a TLS server says when it takes a hello; otherwise it is an alert. */
const HANDSHAKE = 22
/** Of the event loop: in one process the answer to a whole hello takes a few. A hello that is cut short has none. */
const TURNS = 100

const folder = temporaryFolder('berth-hellos-')
const secureContext = createSecureContext(certificate(folder.path, 'own', [`DNS:${NAME}`]))
afterAll(() => folder[Symbol.dispose]())

/** The name that OpenSSL takes out of a hello; null: none. Undefined where it does not take the hello. */
const nameForServer = async (hello: Buffer): Promise<string | null | undefined> => {
  const [client, inner] = duplexPair()
  let name: string | null = null
  const secure = new TLSSocket(inner, {
    isServer: true,
    secureContext,
    SNICallback: (asked, done) => {
      name = asked
      done(null, secureContext)
    },
  })
  secure.on('error', () => {})
  let said: Buffer | undefined
  client
    .on('error', () => {})
    .once('data', (data: Buffer) => {
      said = data
    })
  client.write(hello)
  for (let i = 0; i < TURNS && said === undefined; i += 1) await turn()
  secure.destroy()
  client.destroy()
  return said?.[0] === HANDSHAKE ? name : undefined
}

test(`the server name that is judged is the one that a server takes, in ${SEEDS} hellos`, {
  timeout: 60_000 + SEEDS * 100,
}, async () => {
  const real = await Promise.all([
    realHello({ servername: NAME }),
    realHello({ servername: NAME, maxVersion: 'TLSv1.2' }),
    realHello({}),
  ])
  const counts = { same: 0, refused: 0, changed: 0 }
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    const dice = random(seed)
    const hello = makeHello(dice, takeApart(dice.pick(real)))
    const read = readClientHello(hello)
    const taken = await nameForServer(hello)
    if (taken === undefined) continue
    if (read.state !== 'hello') counts.refused += 1
    else {
      expect([seed, read.serverName]).toEqual([seed, taken])
      counts.same += 1
      if (taken !== NAME) counts.changed += 1
    }
  }
  // The test is worth something only where OpenSSL takes much of it, and not all with the same name.
  expect(counts.same).toBeGreaterThan(SEEDS / 4)
  expect(counts.changed).toBeGreaterThan(SEEDS / 20)
  expect(counts.refused).toBeGreaterThan(0)
})

test('every real hello is read as a server reads it', async () => {
  for (const servername of [NAME, 'a', undefined]) {
    const hello = await realHello(servername === undefined ? {} : { servername })
    expect(readClientHello(hello)).toEqual({ state: 'hello', serverName: servername ?? null })
    expect(await nameForServer(hello)).toBe(servername ?? null)
  }
})
