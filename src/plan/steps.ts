import { clonesOf } from './clones-of.ts'
import type { CloneSource, Facts } from './facts.ts'
import type { SharedTree } from './plan.ts'
import type { Step, StepId } from './step.ts'

const step = (id: StepId, needs: readonly StepId[], cause: string): Step => ({ id, needs, cause })

const DAEMON = step('daemon', [], "a process on this machine keeps the forge's token fresh")

const KEY = step('key', [], 'a copy of the ssh key goes into the container')

/** What of the secrets is inside. */
type Secrets = {
  /** A token of the forge. */
  readonly hasToken: boolean
  /** A copy of the ssh key. */
  readonly hasKey: boolean
}

/** The steps of a turn in a warm container. */
export const warmSteps = ({ hasToken, hasKey }: Secrets): readonly Step[] => [
  step('exchange', [], 'Berth empties the exchange folder and writes the prompt'),
  step('gateway', [], 'the agent reaches its model through the gateway, which holds the key'),
  step('check', [], 'Berth compares the container with its plan before the agent may begin'),
  ...(hasToken ? [DAEMON] : []),
  ...(hasKey ? [KEY] : []),
  step(
    'order',
    ['exchange', 'check', 'gateway', ...(hasToken ? [DAEMON.id] : []), ...(hasKey ? [KEY.id] : [])],
    'the order starts the agent in the warm container',
  ),
]

/** The gateway is given the rules of the repository's own file, which the mirror has by then. */
const beforeGateway = ({ source, project }: Facts, isRuled: boolean): readonly StepId[] =>
  isRuled && project === undefined && source.kind === 'clone' ? ['folders', 'mirror'] : ['folders']

/**
 * The fetch into the mirror, and before it the token of a forge that it needs. A later turn goes on in its workspace, and
 * the mirror has what it needs.
 */
const fetchSteps = (clones: readonly CloneSource[]): readonly Step[] => {
  const causes = clones.map(({ sha, mirrorExists, folder }) => {
    const of = folder === undefined ? '' : ` of ${folder}`
    const holds = `the mirror${of} must hold ${sha.slice(0, 12) || 'the empty repository'}`
    return mirrorExists ? holds : `the first task on ${folder ?? 'this repository'} fetches its mirror`
  })
  const mirror = (needs: readonly StepId[]) => step('mirror', needs, causes.join('; '))
  const asked = clones.filter(({ seen, mirrorExists }) => seen !== undefined || !mirrorExists)
  const forges = asked.flatMap(({ forge }) => forge ?? [])
  if (forges.length === 0) return [mirror([])]
  const tokens = forges.map(({ host, repository }) => `git asks ${host} with a token for ${repository}`)
  // After all that the container is given.
  return [step('token', ['prompt'], tokens.join('; ')), mirror(['token'])]
}

const moduleSteps = ({ submodules }: CloneSource): readonly Step[] => {
  if (submodules === undefined) return []
  const whose = submodules.rule === 'all' ? 'all submodules' : 'the submodules on the host of the repository'
  return [step('modules', ['folders', 'mirror'], `${whose} are fetched, each into a mirror of its own`)]
}

/** The steps of a launch. The engine starts the container while the mirror is fetched, whose folder is there before. */
export const planSteps = (
  facts: Facts,
  tree: SharedTree | undefined,
  what: {
    /** The gateway judges by rules. */
    readonly isRuled: boolean
    /** The login's file goes into the container. */
    readonly isInside: boolean
    /** The clone begins with the contents of files of Git LFS. */
    readonly hasLfs: boolean
  } & Secrets,
): readonly Step[] => {
  const { isRuled, isInside, hasToken, hasKey, hasLfs } = what
  const steps: Step[] = [
    step('folders', [], "Berth makes workspace, home and exchange folder in the task's folder"),
    step('prompt', ['folders'], 'Berth writes the prompt and its files into the exchange folder'),
  ]
  const source = facts.source
  const beforeStart: StepId[] = ['folders']
  const beforeOrder: StepId[] = ['prompt', 'check', 'gateway']
  if (source.kind === 'clone') {
    const clones = clonesOf(facts)
    steps.push(...fetchSteps(clones))
    if (clones.some(({ mirrorExists }) => !mirrorExists)) {
      steps.push(step('bare', [], 'the container needs the folder of the mirror, which is fetched meanwhile'))
      beforeStart.push('bare')
    }
    beforeOrder.push('mirror')
    if (hasLfs) {
      steps.push(step('lfs', ['mirror'], 'the host brings the contents of Git LFS files into the mirror'))
      beforeOrder.push('lfs')
    }
    const modules = moduleSteps(source)
    steps.push(...modules)
    beforeOrder.push(...modules.map(({ id }) => id))
    if (tree !== undefined) {
      const files = `the files of ${tree.sha.slice(0, 12)}`
      steps.push(step('tree', ['mirror'], `${files} are shared, the workspace is an overlay on them`))
      beforeStart.push('tree')
    }
  }
  if (source.kind === 'copy' && source.copied === undefined) {
    steps.push(step('copy', ['folders'], `the files of ${source.folder} are copied, without what .gitignore names`))
    beforeOrder.push('copy')
  }
  if (hasToken) {
    steps.push({ ...DAEMON, needs: steps.some(({ id }) => id === 'token') ? ['token'] : ['folders'] })
    beforeOrder.push('daemon')
  }
  if (hasKey) {
    steps.push({ ...KEY, needs: ['folders'] })
    beforeOrder.push('key')
  }
  steps.push(
    step(
      'gateway',
      beforeGateway(facts, isRuled),
      'the agent reaches its model through the gateway, which holds the key',
    ),
    step('create', beforeStart, 'each turn has a fresh container'),
    // Nobody can put files into a running one whose worker cannot be looked into.
    ...(isInside ? [step('login', ['create'], "the login's file goes into the agent's home")] : []),
    step('start', [isInside ? 'login' : 'create'], 'the worker starts and waits for its order'),
    step('check', ['start'], 'Berth compares the container with its plan before the agent may begin'),
    step('order', beforeOrder, 'the order starts the agent'),
  )
  return steps
}
