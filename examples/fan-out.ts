// Runs one prompt in many tasks side by side, and pushes the best: of those that are done, the smallest change.
//   node examples/fan-out.ts --repo URL --branch main --count 20 --to fix "Fix the failing test."
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { berth } from 'berth-agents'

const text = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repo: text, branch: text, count: text, to: text },
})
const { repo = '.', branch = 'main', count = '20', to } = values
const prompt = positionals.join(' ')
/** The label by which these tasks are found again, whatever happens to this program. */
const batch = randomUUID().slice(0, 8)

await using b = await berth()
const launches = Array.from({ length: Number(count) }, () =>
  b.launch({ repo, branch, prompt, label: { batch }, push: 'none' }),
)
const results = await Promise.all(
  launches.map(async (launch) => {
    const task = await launch
    const { result, reason } = await task.wait()
    const { changes } = await task.status()
    const lines = changes === undefined ? 0 : changes.insertions + changes.deletions
    console.log(`${task.id} ${result}: ${reason}, ${lines} lines`)
    return { task, result, lines }
  }),
)

const [best] = results.filter(({ result, lines }) => result === 'done' && lines > 0).sort((x, y) => x.lines - y.lines)
if (best === undefined) {
  console.error(`none of ${results.length} tasks changed anything`)
  process.exitCode = 1
} else {
  const { pushed } = await best.task.push({ to })
  console.log(`best: ${best.task.id}, pushed to ${pushed?.branch}`)
}
// The work of the others is nowhere else; `force` gives it up.
const { kept } = await b.cleanup({ labels: { batch }, force: true })
for (const { id, why } of kept) console.error(`${id} stays: ${why}`)
