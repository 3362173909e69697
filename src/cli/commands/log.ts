import type { LogOptions } from '../actions/log.ts'
import { act, type Register } from '../command.ts'
import { addSelector } from '../select.ts'

export const log: Register = (program, context) => {
  addSelector(program.command('log [id...]').optionsGroup('Which tasks:'), 'tasks')
    .alias('logs')
    .summary("print a task's transcript")
    .description(
      'Prints what happened in a task. With -f, the command follows the task to its end; its exit code is 0, whatever the outcome. If you name several tasks, each line begins with the id of its task (with --json, each event has a `taskId`). Without an id, Berth takes the last task.',
    )
    .optionsGroup('Which events:')
    .option('-n, --tail <count>', 'print only this many of the last events')
    .option('--since <time>', 'print only events since then: a duration like 10m, or a time like 2026-01-31T12:00Z')
    .option('--turn <number>', 'print only this turn')
    .option(
      '--container',
      'print only the events of containers: those that the engine reports (create, start, kill, oom, die), and exit codes',
    )
    .optionsGroup('Output:')
    .option('-f, --follow', 'print new events as they happen, until the task is over')
    .option('-F, --forever', 'print new events as they happen, of later turns too, until Ctrl-C')
    .option('-t, --timestamps', 'print the time before each line')
    .option('--recordings', 'list the recordings of interactive turns in place of events; `berth replay` plays one')
    .option('--raw', "print the agent's own output, byte for byte")
    .option('--json', 'print one event a line')
    .helpOption(true)
    .addHelpText(
      'after',
      '\nExamples:\n  berth log -f t-01k3\n  berth log -f t-01k3 t-01k4\n  berth log -F --label batch=7\n  berth log --container t-01k3\n  berth log t-01k3 --json | jq -c "select(.type==\\"agent.message\\")"',
    )
    .action((ids: string[], options: LogOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/log.ts')).logAction(context, ids, options),
      ),
    )
}
