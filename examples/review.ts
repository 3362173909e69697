// Lets one agent implement, another one review it, and the first one answer the review.
//   node examples/review.ts --repo URL --branch main --author codex --reviewer claude "Add a limit to the price list."
import { parseArgs } from 'node:util'
import { berth, type Task } from 'berth-agents'

const text = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repo: text, branch: text, author: text, reviewer: text },
})
const { repo = '.', branch = 'main', author = 'codex', reviewer = 'claude' } = values

/** The last words of the agent. */
const lastMessage = async (task: Task): Promise<string> => {
  let last = ''
  for await (const event of task.events({ types: ['agent.message'] }))
    if (event.type === 'agent.message') last = event.text
  return last
}

await using b = await berth()
const work = await b.launch({ repo, branch, agent: author, prompt: positionals.join(' ') })
const first = await work.wait()
const { pushed } = await work.status()
if (first.result !== 'done' || pushed === null) {
  console.error(`${work.id} ${first.result}: ${first.reason}`)
  process.exit(1)
}

const review = await b.launch({
  ...{ repo, branch: pushed.branch, agent: reviewer, mode: 'review', reviewBase: branch },
  prompt: 'Begin your last message with the word APPROVED if nothing must change.',
})
const findings = await lastMessage(review)
console.log(`${reviewer}: ${findings}`)
const verdict = await review.wait()
if (verdict.result === 'done' && !findings.startsWith('APPROVED')) {
  const { turn } = await work.send(`A reviewer found this:\n\n${findings}`)
  const second = await work.wait({ turn })
  console.log(`${work.id} ${second.result}: ${second.reason}`)
}
console.log(`${pushed.branch} has the work`)
