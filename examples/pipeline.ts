// Three stages, each a task that begins with the branch that the one before has pushed.
//   node examples/pipeline.ts --repo URL --branch main "Add a limit to the price list."
import { parseArgs } from 'node:util'
import { berth } from 'berth-agents'

const text = { type: 'string' } as const
const { values, positionals } = parseArgs({ allowPositionals: true, options: { repo: text, branch: text } })
const { repo = '.', branch = 'main' } = values
const goal = positionals.join(' ')

const STAGES = [
  { name: 'plan', prompt: `Write a plan into PLAN.md, and nothing else. The goal: ${goal}` },
  { name: 'implement', prompt: 'Do what PLAN.md says.' },
  { name: 'document', prompt: 'Describe the changes since PLAN.md was written in CHANGES.md, and delete PLAN.md.' },
]

await using b = await berth()
let from = branch
for (const { name, prompt } of STAGES) {
  const task = await b.launch({ repo, branch: from, prompt, label: { stage: name } })
  const { result, reason } = await task.wait()
  const { pushed } = await task.status()
  if (result !== 'done' || pushed === null) {
    console.error(`${name}: ${result}: ${reason}`)
    process.exit(1)
  }
  from = pushed.branch
  console.log(`${name}: ${from}`)
}
