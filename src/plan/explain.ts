import { describeRule } from '../domain/network/describe-rule.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import { personText } from '../domain/person.ts'
import { rightsWords, TIERS } from '../domain/policy.ts'
import type { Signing } from '../domain/signing.ts'
import { INSIDE } from '../domain/worker-protocol.ts'
import { formatBytes } from '../std/bytes.ts'
import { formatDuration } from '../std/duration.ts'
import { isSecretName } from '../std/secret-name.ts'
import { shellWord } from '../std/shell-word.ts'
import { engineCommand } from './engine-command.ts'
import type { Delivery, Plan, PlannedClone, PullRequestOrder } from './plan.ts'
import { plannedClones } from './planned-clones.ts'
import { proxyEnvironment } from './proxy-environment.ts'

const maskedEnv = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).map(([name, value]) => `${name}=${isSecretName(name) ? '***' : value}`)

/** The agent's variables: those of its own, and how many name the proxy. */
const agentVariables = ({ order: { run, forward } }: Plan) => {
  const all = Object.entries(run?.env ?? {})
  const proxy = forward === null ? {} : proxyEnvironment(forward)
  const own = all.filter(([name, value]) => proxy[name] !== value)
  return { own: Object.fromEntries(own), proxies: all.length - own.length }
}

const agentLine = (plan: Plan): string => {
  const run = plan.order.run
  if (run === null) return '(no agent)'
  const own = maskedEnv(agentVariables(plan).own)
  const env = [...own.map((pair) => shellWord(pair)), ...plan.envFrom.map((name) => `${name}=***`)]
  if (run.terminal !== undefined) return [...env, ...run.argv.map(shellWord)].join(' ')
  const stdin = run.stdin === null ? '< /dev/null' : `< ${run.stdin}`
  return [...env, ...run.argv.map(shellWord), stdin].join(' ')
}

const proxyLines = (plan: Plan): readonly string[] => {
  const { proxies } = agentVariables(plan)
  return proxies === 0 ? [] : [`  and ${proxies} variables that name the gateway's proxy and authorities to its tools`]
}

const times = (count: number) => (count === 1 ? 'once' : `${count} times`)

const pullRequestWords = ({ repository, base, draft, labels, reviewers }: PullRequestOrder): string => {
  const labelled = labels.length === 0 ? '' : `, labelled ${labels.join(', ')}`
  const asked = reviewers.length === 0 ? '' : `, to be reviewed by ${reviewers.join(', ')}`
  return `, then a ${draft ? 'draft ' : ''}pull request to ${base} of ${repository}${labelled}${asked}`
}

const deliveryWords = (d: Delivery): string => {
  if (d.kind === 'push') {
    const retries = d.retries ? `, rebased and pushed again ${times(d.retries)} if the branch has moved` : ''
    const how = d.mode === 'lease' ? "the task's own branch" : `fast-forward only${retries}`
    return `push to ${d.branch} of ${d.url} (${how})${d.pr === undefined ? '' : pullRequestWords(d.pr)}`
  }
  return { none: 'none: Berth pushes nothing', keep: 'none: Berth keeps the work', patch: 'a patch of the changes' }[
    d.kind
  ]
}

const signer = (sign: Signing): string =>
  ({ ssh: 'with the ssh key ', gpg: 'with the gpg key ', api: 'by the forge' })[sign.kind] +
  (sign.kind === 'api' ? '' : sign.key)

const commitLines = ({ order: { author }, amendment }: Plan): readonly string[] => [
  ...(author === undefined ? [] : [`author    ${personText(author)}`]),
  ...(amendment?.coAuthors ?? []).map((one) => `co-author ${personText(one)}`),
  ...(amendment?.sign == null ? [] : [`signed    ${signer(amendment.sign)}, before the push`]),
]

const cloneWords = ({ order: { workspace, paths } }: Plan, s: PlannedClone): string => {
  const own = s.forge === undefined ? '' : ", with Berth's own credentials"
  const deep = workspace.kind !== 'clone' ? undefined : workspace.depth
  const depth = deep === undefined ? '' : `, history ${deep} ${deep === 1 ? 'commit' : 'commits'} deep`
  const place = s.folder === undefined ? '' : `, in ${paths.work}/${s.folder}`
  const whose = s.submodules?.rule === 'all' ? ', with all submodules' : ', with the submodules on its host'
  const modules = s.submodules === undefined ? '' : whose
  const begin = `${s.url} ${s.ref ?? 'HEAD'} at ${s.sha.slice(0, 12) || '(empty)'}, branch ${s.branch}`
  return `${begin}${depth}${modules}${place}${own}`
}

const sourceWords = (plan: Plan): readonly string[] => {
  const { source } = plan
  if (source.kind === 'none') return ['none']
  if (source.kind !== 'clone') return [`${source.kind} of ${source.folder}`]
  return plannedClones(plan).map((clone) => cloneWords(plan, clone))
}

const placeLines = ({ isolation, engine, image }: Plan): readonly string[] => {
  if (isolation === 'host') return ['isolation host: this machine, without a sandbox and without limits']
  const digest = image.digest === null ? '' : ` (${image.digest.slice(0, 19)})`
  return [`engine    ${engine.kind} at ${engine.endpoint}`, `image     ${image.reference}${digest}`]
}

const networkWords = ({ isolation, container, network }: Plan): string => {
  if (isolation === 'host') return "this machine's own"
  if (container.network !== 'none') return "the engine's own"
  const isWider = network?.rules.some(({ effect }) => effect === 'allow') ?? false
  return `none: only the model${isWider ? ' and what the rules allow' : ''}, through the gateway`
}

const ruleLines = ({ network }: Plan): readonly string[] =>
  (network?.rules ?? []).map((rule) => `${rule.effect.padEnd(9)} ${describeRule(rule)} (${ruleSource(rule)})`)

const firstWord = (text: string) => text.split(' ', 1)[0]

/** With its group where it is one of several. */
const ruleSource = (rule: NetworkRule): string =>
  firstWord(describeRule(rule)) === firstWord(rule.target) ? rule.origin : `${rule.target}, ${rule.origin}`

const keyWords = ({ model, login, provider }: Plan): string => {
  const way = model?.intercept === undefined ? '' : ', which opens the TLS to this address'
  if (login !== undefined) return `login ${provider}/${login.name}, its token set by the gateway${way}`
  return model?.key == null ? 'key none' : `key ${model.key}, set by the gateway`
}

const terminalLines = ({ order: { run } }: Plan): readonly string[] => {
  if (run?.terminal === undefined) return []
  const { columns, rows, promptAt } = run.terminal
  const prompt = promptAt === undefined ? '' : '; the prompt is added to its last word'
  return [`terminal  ${columns} columns, ${rows} rows${prompt}`]
}

const resultLines = ({ result }: Plan): readonly string[] =>
  result === undefined ? [] : [`result    JSON of the given schema; Berth asks again up to ${result.tries} times`]

const workspaceLines = ({ folders: { workspace, named } }: Plan): readonly string[] =>
  named === undefined ? [] : [`workspace ${workspace}${named.reused ? ', with the ignored files that are there' : ''}`]

const startupLines = ({ order: { startup } }: Plan): readonly string[] =>
  startup === undefined
    ? []
    : [`startup   a script of ${formatBytes(Buffer.byteLength(startup.text))}, before the agent`]

/** A plan as stable text, a line a step with its cause: the dry run and the golden test at once. */
export const explainPlan = (plan: Plan): string => {
  const { argv, folders } = engineCommand(plan)
  return [
    `task      ${plan.task} turn ${plan.turn}`,
    `agent     ${plan.provider}`,
    ...placeLines(plan),
    ...sourceWords(plan).map((words) => `source    ${words}`),
    ...(plan.policy === undefined ? [] : [`policy    ${plan.policy}: ${rightsWords(TIERS[plan.policy])}`]),
    ...(plan.container.ownSeccomp === undefined
      ? []
      : [`seccomp   the profile ${plan.container.ownSeccomp.from}, in place of the policy's filter`]),
    `network   ${networkWords(plan)}`,
    ...ruleLines(plan),
    ...(plan.inside === undefined
      ? []
      : [`login     ${plan.provider}/${plan.login?.name}, its tokens in the container at ${plan.inside.path}`]),
    ...(plan.tokenInside === undefined
      ? []
      : [
          `token     of ${plan.tokenInside.host} for ${plan.tokenInside.repository}, in the container at ${INSIDE.secrets}`,
        ]),
    ...(plan.sshKey === undefined
      ? []
      : [
          `ssh       with the key ${plan.sshKey}, ${plan.sshKeyInside ? `and a copy of it in the container at ${INSIDE.secrets}` : 'outside the container alone'}`,
        ]),
    ...(plan.model === null ? [] : [`model     ${plan.model.upstream}, ${keyWords(plan)}`]),
    ...(plan.files ?? []).map(
      ({ name, bytes, media }) => `file      ${name}, ${formatBytes(bytes)}${media === null ? '' : `, ${media}`}`,
    ),
    ...workspaceLines(plan),
    ...[plan, ...(plan.further ?? [])].map(({ delivery }) => `delivery  ${deliveryWords(delivery)}`),
    ...commitLines(plan),
    ...startupLines(plan),
    ...terminalLines(plan),
    ...resultLines(plan),
    ...(plan.keepAliveMs === undefined
      ? []
      : [`keep      the container waits ${formatDuration(plan.keepAliveMs)} for a further prompt after the turn`]),
    ...plan.warnings.map((text) => `warning   ${text}`),
    '',
    'steps',
    ...plan.steps.map(
      (step) =>
        `  ${step.id.padEnd(8)} ${step.needs.length === 0 ? '' : `after ${step.needs.join(', ')}: `}${step.cause}`,
    ),
    '',
    plan.isolation === 'host' ? 'folders' : 'folders that the container needs',
    ...folders.map((folder) => `  ${folder}`),
    '',
    plan.isolation === 'host' ? 'worker' : 'container',
    `  ${argv.map(shellWord).join(' ')}`,
    '',
    'agent',
    `  ${agentLine(plan)}`,
    ...proxyLines(plan),
    '',
  ].join('\n')
}
