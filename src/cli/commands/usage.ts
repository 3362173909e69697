import type { UsageOptions } from '../actions/usage.ts'
import { act, type Register } from '../command.ts'

export const usage: Register = (program, context) => {
  program
    .command('usage')
    .summary('sum tokens and cost by agent, model, day, task or label')
    .description(
      "Sums the tokens that turns have used, as the agents count them, and their cost by the prices of the config file. Cached tokens are part of the input, reasoning tokens are part of the output. A + after a cost means that some of its tokens have no price. If the gateway counted more tokens in the model's answers than the agent did, GATEWAY shows the difference: an agent does not count a tool that asks the model directly. MODEL is the model of --model, or else the model that answered. Days are UTC days. Removed tasks are counted too.",
    )
    .option(
      '--by <keys>',
      'sum by these, separated by commas: provider, model, day, task, turn, label:NAME',
      'provider,model',
    )
    .option('--since <time>', 'count only turns that began since then: 7d, or a date like 2026-01-31')
    .option(
      '--json',
      'print {"usage":[{"by":{...},"turns":1,"usage":{...},"gatewayUsage":{...},"gap":0,"cost":0.1,"unpricedTokens":0}]}',
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
