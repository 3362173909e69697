import type { Command } from 'commander'
import type { StartOptions } from '../actions/session-start.ts'
import { collect } from '../collect.ts'
import { act, type Register } from '../command.ts'
import type { ManifestOptions } from '../read-sessions.ts'

const addManifest = (command: Command): Command =>
  command.requiredOption('-f, --file <path>', 'the manifest; its name ends in .toml, .yaml, .yml or .json')

/** A command on some sessions of a manifest. */
const addChoice = (command: Command, what: string): Command =>
  addManifest(command).option('--only <id>', `${what} only this session (repeatable)`, collect)

const validate: Register = (group, context) => {
  addManifest(group.command('validate'))
    .summary('check a manifest; starts nothing')
    .description(
      'Prints a line for each session, or every mistake with its line and the number of its session. It reads the files that the manifest names, but no key, starts nothing and asks no engine. The exit code is 0 if everything is valid, else 2.',
    )
    .option('--json', 'print {file,name,valid,errors,sessions}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth session validate -f sessions.toml\n  berth session validate -f sessions.yaml --json',
    )
    .action((options: ManifestOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/session-validate.ts')).sessionValidateAction(
          context,
          options.file,
          options.json ?? false,
        ),
      ),
    )
}

const start: Register = (group, context) => {
  addChoice(group.command('start'), 'start')
    .summary('start the sessions of a manifest')
    .description(
      'Plans every session first: if one is refused, Berth names it and starts none. Then it creates the tasks side by side and prints a line for each. A session whose task is there already with the same content stays as it is; one with other content is refused. A session whose task you removed is started again. The exit code is 1 if a session could not be started, or with --wait did not end well, and 2 if the manifest is refused.',
    )
    .option('--dry-run', 'plan the sessions, and start none; pulls images as a start would')
    .option(
      '--output <path>',
      'keep state.json and transcript.ndjson of each session in PATH/ROLE/SESSION, whatever its key `output` says',
    )
    .option('--wait', 'wait until the tasks are over')
    .option('--timeout <duration>', 'with --wait: give up after this long (exit code 8), e.g. 30m')
    .option('--json', 'print {"sessions":[...]}, as status does, each with its result, warnings and problem')
    .addHelpText(
      'after',
      '\nExamples:\n  berth session start -f sessions.toml\n  berth session start -f sessions.toml --only plan --only build-1\n  berth session start -f sessions.toml --output out --wait --json',
    )
    .action((options: StartOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/session-start.ts')).sessionStartAction(context, options),
      ),
    )
}

const status: Register = (group, context) => {
  addChoice(group.command('status'), 'show')
    .summary('show what became of the sessions of a manifest')
    .description(
      'Prints a line for each session: its task, the state, the branch of its work, and what it asks a person for. `berth status ID` shows more of a task.',
    )
    .option(
      '--json',
      'print {"sessions":[{id,role,owner,task,state,branch,container,workspace,log,question}]}; null for what is not there',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  berth session status -f sessions.toml\n  berth session status -f sessions.toml --json | jq -r ".sessions[].state"',
    )
    .action((options: ManifestOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/session-tasks.ts')).sessionStatusAction(context, options),
      ),
    )
}

type LogsOptions = ManifestOptions & {
  readonly follow?: boolean
  readonly timestamps?: boolean
  readonly tail?: string
}

const logs: Register = (group, context) => {
  addChoice(group.command('logs'), 'print')
    .summary('print the transcripts of the sessions of a manifest')
    .description(
      'Prints what happened in the tasks. If there are several, each line begins with the id of its session.',
    )
    .option('-n, --tail <count>', 'print only this many of the last events of each task')
    .option('--follow', 'print new events as they happen, until the tasks are over')
    .option('-t, --timestamps', 'print the time before each line')
    .option('--json', 'print one event a line')
    .addHelpText(
      'after',
      '\nExamples:\n  berth session logs -f sessions.toml\n  berth session logs -f sessions.toml --only plan --follow',
    )
    .action((options: LogsOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/session-tasks.ts')).sessionLogsAction(context, options),
      ),
    )
}

const stop: Register = (group, context) => {
  addChoice(group.command('stop'), 'stop')
    .summary('stop the tasks of the sessions of a manifest')
    .description(
      'Stops the tasks that are not over, as `berth stop` does. Berth keeps the work so far. Without --only, it also removes the pre-started sandboxes that wait for further tasks.',
    )
    .option('--now', 'kill the agents at once')
    .option('--json', 'print the tasks as JSON')
    .addHelpText('after', '\nExamples:\n  berth session stop -f sessions.toml')
    .action((options: ManifestOptions & { readonly now?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/session-tasks.ts')).sessionStopAction(context, options),
      ),
    )
}

const resumeAll: Register = (group, context) => {
  addChoice(group.command('resume-all'), 'resume')
    .summary('try the sessions again that failed, were stopped or died')
    .description(
      'Tries the last turn of these tasks again, as `berth resume` does. A session without a task stays without one: `berth session start` starts it.',
    )
    .option('--json', 'print the tasks as JSON')
    .addHelpText('after', '\nExamples:\n  berth session resume-all -f sessions.toml')
    .action((options: ManifestOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/session-tasks.ts')).sessionResumeAction(context, options),
      ),
    )
}

export const session: Register = (program, context) => {
  const group = program
    .command('session')
    .summary('start and manage the many sessions of a manifest')
    .description(
      'A manifest describes many sessions in one file: TOML, YAML or JSON. Each session is one task. docs/sessions.md has every key.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  berth session validate -f sessions.toml\n  berth session start -f sessions.toml --wait',
    )
  for (const register of [validate, start, status, logs, stop, resumeAll]) register(group, context)
}
