import { posix } from 'node:path'
import { TRUST_FILES } from '../domain/network/trust-files.ts'

/** The loopback port that leads to the gateway, and its socket, beside which its trust files lie. */
type Place = { readonly port: number; readonly socket: string }

type Row = readonly [names: readonly string[], value: (place: Place) => string]

const HOST = '127.0.0.1'

const proxy = ({ port }: Place): string => `http://${HOST}:${port}`
const file =
  (name: keyof typeof TRUST_FILES) =>
  ({ socket }: Place): string =>
    `${posix.dirname(socket)}/${TRUST_FILES[name]}`

/** The JVM's own default leaves the loopback out of the proxy. Maven looks at these properties only where the last one is set. */
const javaOptions = (place: Place): string => {
  const ways = ['http', 'https'].flatMap((scheme) => [
    `${scheme}.proxyHost=${HOST}`,
    `${scheme}.proxyPort=${place.port}`,
  ])
  const trust = [`javax.net.ssl.trustStore=${file('java')(place)}`, 'javax.net.ssl.trustStoreType=JKS']
  return [...ways, ...trust, 'aether.connector.http.useSystemProperties=true'].map((one) => `-D${one}`).join(' ')
}

/** Which variables tell the tools of a sandbox the way out and whom to trust. */
const ROWS: readonly Row[] = [
  // Some programs read one spelling, some the other; curl takes HTTP_PROXY in lower case alone.
  [['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'], proxy],
  // The model and an agent's own servers are on the loopback. Programs differ in how they write its IPv6 address.
  [['NO_PROXY', 'no_proxy'], () => `${HOST},localhost,::1,[::1]`],
  // Node's fetch, http and https.
  [['NODE_USE_ENV_PROXY'], () => '1'],
  // Yarn from version 2 on.
  [['YARN_HTTP_PROXY', 'YARN_HTTPS_PROXY'], proxy],
  [['YARN_HTTPS_CA_FILE_PATH'], file('pem')],
  // OpenSSL, and so Python, Ruby and PHP; also Go, .NET, uv and other programs in Rust.
  [['SSL_CERT_FILE'], file('pem')],
  // Perl's LWP; its HTTP::Tiny takes the variable above.
  [['PERL_LWP_SSL_CA_FILE'], file('pem')],
  [['CURL_CA_BUNDLE'], file('pem')],
  [['GIT_SSL_CAINFO'], file('pem')],
  // Node with npm, pnpm and yarn 1; Bun.
  [['NODE_EXTRA_CA_CERTS'], file('pem')],
  [['DENO_CERT'], file('pem')],
  // Python's requests, pip and the AWS tools bring authorities of their own.
  [['REQUESTS_CA_BUNDLE', 'PIP_CERT', 'AWS_CA_BUNDLE'], file('pem')],
  [['CARGO_HTTP_CAINFO'], file('pem')],
  [['WGETRC'], file('wget')],
  [['APT_CONFIG'], file('apt')],
  [['JAVA_TOOL_OPTIONS'], javaOptions],
]

/**
 * The environment by which the programs in a sandbox find the gateway's proxy and trust its authority. Leaves out what
 * `given` names, in either spelling: the user's own value must not meet ours.
 */
export const proxyEnvironment = (place: Place, given: readonly string[] = []): Readonly<Record<string, string>> => {
  const taken = new Set(given.map((name) => name.toUpperCase()))
  const pairs = ROWS.flatMap(([names, value]) => names.map((name) => [name, value(place)] as const))
  return Object.fromEntries(pairs.filter(([name]) => !taken.has(name.toUpperCase())))
}
