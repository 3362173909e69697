import { act, type Register } from '../command.ts'

export const doctor: Register = (program, context) => {
  program
    .command('doctor')
    .summary('check engines, image, toolbox, git and folders')
    .description(
      'Checks everything that a task needs, and prints how to fix each missing part. It starts no task and no supervisor. The exit code is 0 if a task can run.',
    )
    .option('--rebuild', 'rebuild the database from the task journals, then exit')
    .option('--json', 'print checks, engines and the supervisor as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth doctor\n  berth doctor --json | jq -r ".checks[] | select(.ok|not) | .fix"',
    )
    .action((options: { json?: boolean; rebuild?: boolean }) =>
      act(context, options.json ?? false, async () => {
        const { doctorAction, rebuildAction } = await import('../actions/doctor.ts')
        return await (options.rebuild ? rebuildAction : doctorAction)(context, options.json ?? false)
      }),
    )
}

export const version: Register = (program, context) => {
  program
    .command('version')
    .summary('show the versions of Berth, its toolbox and the agent CLIs')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  berth version\n  berth version --json | jq -r .toolbox.agents.codex')
    .action((options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/version.ts')).versionAction(context, options.json ?? false),
      ),
    )
}
