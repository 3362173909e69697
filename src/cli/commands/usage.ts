import type { UsageOptions } from '../actions/usage.ts'
import { act, type Register } from '../command.ts'

export const usage: Register = (program, context) => {
  program
    .command('usage')
    .summary('tokens and cost, summed by agent, day, task and the like')
    .description(
      "Sums the tokens that turns have used, as the agents count them, and their cost by the prices of the config file. Cached tokens are part of the input, reasoning tokens of the output. A + after a cost means that a part of it has no price. GATEWAY shows what the gateway counted beyond that in the model's answers, where the two differ: a tool that asks the model itself is not in the agent's count. Days are UTC days. Removed tasks are counted too.",
    )
    .option('--by <keys>', 'provider, model, day, task, turn, label:NAME, with commas', 'provider,model')
    .option('--since <time>', 'only turns begun since: 7d, or a date like 2026-01-31')
    .option(
      '--json',
      '{"usage":[{"by":{...},"turns":1,"usage":{...},"gatewayUsage":{...},"gap":0,"cost":0.1,"unpricedTokens":0}]}',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  berth usage --by provider,day --since 7d\n  berth usage --by label:team --json | jq ".usage[].cost"',
    )
    .action((options: UsageOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/usage.ts')).usageAction(context, options),
      ),
    )
}
