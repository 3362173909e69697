import { authStatus, type Credential } from './credentials.ts'
import { type Finding, failedStep, finding } from './finding.ts'
import { jsonLines, jsonParts } from './json-parts.ts'
import { recordedOutput, scriptedAnswer } from './known.ts'
import { type Exchange, startRecorder } from './recorder.ts'
import { differences, shapeOf } from './shape.ts'
import { commandTurn, type Live, libraryTurn, type Turn, upstreamOf } from './turns.ts'

const LIMIT_HEADER = /limit|quota|retry-after|^x-codex-/i

const isDone = ({ outcome }: Turn) => outcome.result === 'done'
const told = ({ outcome }: Turn) => `${outcome.result} (${outcome.class}): ${outcome.reason}`

/** Whether the service takes the key or the token at all. */
const check = async ({ cli, credential }: Live): Promise<Finding> => {
  const { agent, kind, name } = credential
  const status = await authStatus(cli, agent, '--check')
  const row =
    kind === 'key'
      ? status.credentials.find((one) => one.agent === agent && one.variable === name)
      : status.logins.find((one) => one.agent === agent && one.name === name)
  const { verdict = 'unknown', detail = 'no answer' } = row?.check ?? {}
  return finding('check', `${verdict}: ${detail}`, { ...(verdict === 'accepted' ? {} : { result: 'failed' }) })
}

/** A turn as any other, and what the CLI printed. */
const plainTurn = async (live: Live): Promise<Finding> => {
  const ran = await commandTurn(live)
  const found = differences(recordedOutput(live.credential.agent), shapeOf(jsonLines(ran.raw)))
  return finding('turn', told(ran), { differences: found, ...(isDone(ran) ? {} : { result: 'failed' }) })
}

const limitsIn = (exchanges: readonly Exchange[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    exchanges.flatMap(({ answerHeaders }) =>
      Object.entries(answerHeaders)
        .filter(([name]) => LIMIT_HEADER.test(name))
        .map(([name, value]) => [name, String(value)]),
    ),
  )

const named = ({ method, path }: Exchange) => `${method} ${path.replace(/\?.*/, '')}`

/** How an answer differs from that of the scripted servers to the same request. */
const answerDifferences = async (exchange: Exchange, kind: Credential['kind']): Promise<readonly string[]> => {
  const name = named(exchange)
  const scripted = await scriptedAnswer(exchange, kind)
  if (scripted.status !== exchange.status) return [`${name}: ${exchange.status}, scripted as ${scripted.status}`]
  const type = String(exchange.answerHeaders['content-type'] ?? '')
  return differences(scripted.shape, shapeOf(jsonParts(type, exchange.answer))).map((one) => `${name}: ${one}`)
}

/** A turn through a recorder: the headers that the gateway set, the answers, and a renewal of the login. */
const recordedTurn = async (live: Live): Promise<readonly Finding[]> => {
  const { secrets, credential } = live
  const upstream = await upstreamOf(live)
  const refuseFirst = credential.renews
  await using recorder = await startRecorder({ upstream, refuseFirst, secrets })
  const ran = await libraryTurn(live, recorder.url)
  const answered = recorder.exchanges.filter(({ refused }) => !refused)
  const refused = answered.filter(({ status }) => status >= 400)
  const compared: string[] = []
  const seen = new Set<string>()
  for (const exchange of answered) {
    if (seen.has(named(exchange))) continue
    seen.add(named(exchange))
    compared.push(...(await answerDifferences(exchange, credential.kind)))
  }
  const count = `${answered.length} requests, ${refused.length} refused`
  const headers = refused.map((one) => `${named(one)}: ${one.status}`).join(', ')
  const accepted = finding('headers', refused.length === 0 ? `${count}; ${told(ran)}` : `${count}: ${headers}`, {
    differences: compared,
    limits: limitsIn(answered),
    ...(isDone(ran) && answered.length > 0 ? {} : { result: 'failed' }),
  })
  return refuseFirst ? [accepted, renewal(recorder.exchanges)] : [accepted]
}

/** Whether another token came after the refusal. */
const renewal = (exchanges: readonly Exchange[]): Finding => {
  const tokens = new Set(exchanges.map(({ headers }) => String(headers.authorization)))
  return tokens.size > 1
    ? finding('refresh', 'the issuer gave another token, and the service took it')
    : finding('refresh', 'no other token came after a 401', { result: 'failed' })
}

/** All that is tried with a credential, in this order. What fails holds up nothing else. */
export const STEPS: readonly (readonly [
  name: string,
  about: string,
  run: (live: Live) => Promise<readonly Finding[]>,
])[] = [
  ['check', 'ask the service whether it takes the key or token', async (live) => [await check(live)]],
  ['turn', 'run one small turn, and compare the output of the CLI', async (live) => [await plainTurn(live)]],
  ['headers', 'run one through a recorder: headers, answers, limits; renew the login', recordedTurn],
]

export const trySteps = async (live: Live): Promise<readonly Finding[]> => {
  const all: Finding[] = []
  for (const [name, , run] of STEPS) all.push(...(await run(live).catch((error: unknown) => [failedStep(name, error)])))
  return all
}
