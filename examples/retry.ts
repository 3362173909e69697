// Sends the agent back to work until the tests pass. They run in a sandbox of their own, by an agent of the config file:
//   [providers.tests]
//   command = ["sh", "-c", "npm test"]
//   prompt = "stdin"
//   output = "text"
//
//   node examples/retry.ts --repo URL --branch main --tries 5 "Fix the failing test."
import { parseArgs } from 'node:util'
import { berth } from 'berth-agents'

const text = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repo: text, branch: text, tries: text, tester: text },
})
const { repo = '.', branch = 'main', tries = '5', tester = 'tests' } = values

await using b = await berth()

/** What the tests print if they fail on a branch; undefined if they pass. */
const failureOn = async (pushed: string): Promise<string | undefined> => {
  const check = await b.launch({ repo, branch: pushed, agent: tester, prompt: 'Run the tests.', push: 'none' })
  const lines: string[] = []
  for await (const event of check.events())
    if (event.type === 'agent.message' || event.type === 'agent.output') lines.push(event.text)
  const { result, reason } = await check.wait()
  return result === 'done' ? undefined : [...lines.slice(-50), reason].join('\n')
}

const work = await b.launch({ repo, branch, prompt: positionals.join(' ') })
let failure: string | undefined = 'nothing was pushed'
for (let left = Number(tries); left > 0; left -= 1) {
  const outcome = await work.wait()
  const { pushed } = await work.status()
  console.log(`${work.id} ${outcome.result}: ${outcome.reason}`)
  if (outcome.result !== 'done' || pushed === null) break
  failure = await failureOn(pushed.branch)
  console.log(failure === undefined ? `the tests pass on ${pushed.branch}` : 'the tests fail')
  if (failure === undefined) break
  if (left > 1) await work.send(`The tests fail:\n\n${failure}`)
}
if (failure !== undefined) process.exitCode = 1
