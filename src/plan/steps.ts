import type { Facts } from './facts.ts'
import type { SharedTree } from './plan.ts'
import type { Step, StepId } from './step.ts'

const step = (id: StepId, needs: readonly StepId[], cause: string): Step => ({ id, needs, cause })

/** The steps of a turn in a container that an earlier one has left alive. */
export const keptSteps: readonly Step[] = [
  step('exchange', [], 'what the last turn left in the exchange folder goes, the prompt comes'),
  step('gateway', [], 'the model is reached through the gateway, which holds the key'),
  step('check', [], 'what runs is compared with what was asked before the agent may begin'),
  step('order', ['exchange', 'check', 'gateway'], 'the order releases the agent in the kept container'),
]

/** The steps of a launch. The engine starts the container while the mirror is fetched, unless its folder is still to be made. */
export const planSteps = (facts: Facts, tree: SharedTree | undefined): readonly Step[] => {
  const steps: Step[] = [
    step('folders', [], 'workspace, home and exchange are mounted from the folder of the task'),
    step('prompt', ['folders'], 'the prompt and what goes with it lie in the exchange folder'),
  ]
  const source = facts.source
  const beforeStart: StepId[] = ['folders']
  const beforeOrder: StepId[] = ['prompt', 'check', 'gateway']
  if (source.kind === 'clone') {
    steps.push(
      step(
        'mirror',
        [],
        source.mirrorExists
          ? `the mirror must hold ${source.sha.slice(0, 12) || 'the empty repository'}`
          : 'the first task on this repository fetches its mirror',
      ),
    )
    if (!source.mirrorExists) beforeStart.push('mirror')
    beforeOrder.push('mirror')
    if (tree !== undefined) {
      const files = `the files of ${tree.sha.slice(0, 12)}`
      steps.push(step('tree', ['mirror'], `${files} are shared, the workspace is a layer over them`))
      beforeStart.push('tree')
    }
  }
  if (source.kind === 'copy' && source.copied === undefined) {
    steps.push(step('copy', ['folders'], `the files of ${source.folder} are copied, without what .gitignore names`))
    beforeOrder.push('copy')
  }
  steps.push(
    step('gateway', ['folders'], 'the model is reached through the gateway, which holds the key'),
    step('create', beforeStart, 'each turn has a fresh container'),
    step('start', ['create'], 'the worker comes up and waits for its order'),
    step('check', ['start'], 'what runs is compared with what was asked before the agent may begin'),
    step('order', beforeOrder, 'the order releases the agent'),
  )
  return steps
}
