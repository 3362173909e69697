import type { ReplayOptions } from '../actions/replay.ts'
import { act, type Register } from '../command.ts'

export const replay: Register = (program, context) => {
  program
    .command('replay [id]')
    .summary('play the recording of an interactive turn')
    .description(
      'Plays the terminal of an interactive turn as it was; of a turn that runs, up to now. Space pauses and goes on, `.` shows the next change while paused, q or Ctrl-C ends. In a pipe, prints all output at once. Your terminal gets no sequence that could do more than draw. Without an id, Berth takes the last task.',
    )
    .option('--turn <number>', 'play the recording of this turn (default: the last one)')
    .option('--speed <factor>', 'play faster or slower, e.g. 2 or 0.5 (default: 1)')
    .option('--idle <seconds>', 'shorten times without output to this (default: play them in full)')
    .option('--cast', 'print the recording itself, an asciicast v2, e.g. for asciinema')
    .option('--json', 'print errors as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth replay t-01k3 --speed 4 --idle 1\n  berth replay t-01k3 --turn 2\n  berth replay t-01k3 --cast > session.cast\n  berth log --recordings t-01k3',
    )
    .action((id: string | undefined, options: ReplayOptions & { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/replay.ts')).replayAction(context, id, options),
      ),
    )
}
