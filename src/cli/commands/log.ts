import type { LogOptions } from '../actions/log.ts'
import { act, type Register } from '../command.ts'
import { addSelector } from '../select.ts'

export const log: Register = (program, context) => {
  addSelector(program.command('log [id...]'), 'tasks')
    .alias('logs')
    .summary("print a task's transcript")
    .description(
      'Prints what happened in a task. With -f it goes on until the task is over, and ends with 0 whatever the outcome. Of several tasks each line begins with its id (with --json, each event has its `taskId`). Without an id it is the last task.',
    )
    .option('-f, --follow', 'go on as it happens')
    .option('-F, --forever', 'go on over further turns too, until Ctrl-C')
    .option('-n, --tail <count>', 'only the last events')
    .option('--since <time>', 'only what is not older: a duration like 10m, or a time like 2026-01-31T12:00Z')
    .option('--turn <number>', 'only this turn')
    .option('-t, --timestamps', 'each line with the time it was said at')
    .option('--raw', "the agent's own output, byte for byte")
    .option(
      '--container',
      "only what befell the containers: the engine's own events (create, start, kill, oom, die) and exit codes",
    )
    .option('--json', 'one event a line')
    .addHelpText(
      'after',
      '\nExamples:\n  berth log -f t-01k3\n  berth log -f t-01k3 t-01k4\n  berth log -F --label batch=7\n  berth log --container t-01k3\n  berth log t-01k3 --json | jq -c "select(.type==\\"agent.message\\")"',
    )
    .action((ids: string[], options: LogOptions) =>
      act(context, false, async () => (await import('../actions/log.ts')).logAction(context, ids, options)),
    )
}
