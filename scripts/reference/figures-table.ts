import { aboutFigure, FIGURES, PHASES } from '../../bench/figures.ts'
import type { Figure } from '../../bench/ratio.ts'

/** docs/performance.json: the figures of one `make bench`, and where it ran. */
export type KeptFigures = {
  readonly taken: string
  readonly machine: string
  readonly figures: readonly Figure[]
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const rounded = (value: number) => String(Number(value.toPrecision(3)))

const verdict = ({ value, bar, ok }: Figure): string => {
  if (bar === null) return 'recorded'
  return ok ? 'met' : `**missed by ${rounded(Math.abs(value - bar))}**`
}

const PHASE = /^(.+)-ms-(.+)$/

/** Where the milliseconds go: a row for each phase, a column for each start. */
const phasesTable = (figures: readonly Figure[]): readonly string[] => {
  const starts = [...new Set(figures.flatMap(({ id }) => PHASE.exec(id)?.[1] ?? []))]
  if (starts.length === 0) return []
  const of = (start: string, phase: string) => figures.find(({ id }) => id === `${start}-ms-${phase}`)
  const cells = (phase: string) =>
    starts.map((start) => {
      const found = of(start, phase)
      return found === undefined ? '' : rounded(found.value)
    })
  return [
    '\n### Phases, ms\n',
    row(['phase', ...starts.map((start) => `\`${start}\``), 'where the time goes']),
    row(['---', ...starts.map(() => '---'), '---']),
    ...Object.entries(PHASES).map(([phase, [what, whose]]) => row([what, ...cells(phase), whose])),
  ]
}

const order = ({ id }: Figure) => FIGURES.indexOf(aboutFigure(id))

/** Every kept figure with its bar, and whether it is met. */
export const figuresTable = ({ taken, machine, figures }: KeptFigures): string =>
  [
    `Taken ${taken} on ${machine}.\n`,
    row(['id', 'what', 'compared with, or unit', 'measured', 'bar', '']),
    row(['---', '---', '---', '---', '---', '---']),
    ...figures
      .filter(({ id }) => !PHASE.test(id))
      .sort((a, b) => order(a) - order(b))
      .map((figure) => {
        const { what, against } = aboutFigure(figure.id)
        const bar = figure.bar === null ? '' : String(figure.bar)
        return row([`\`${figure.id}\``, what, against, rounded(figure.value), bar, verdict(figure)])
      }),
    ...phasesTable(figures),
  ].join('\n')

const SHORT = ['second-start', 'second-job', 'cold-start', 'cold-job', 'cold-job-100mb', 'clone', 'ls-10k']

/** The few that a newcomer asks for. */
export const costTable = ({ machine, figures }: KeptFigures): string =>
  [
    `On ${machine}:\n`,
    row(['Measured', 'Against', 'Ratio']),
    row(['---', '---', '---']),
    ...SHORT.flatMap((id) => {
      const found = figures.find((figure) => figure.id === id)
      if (found === undefined) return []
      const { what, against } = aboutFigure(id)
      return [row([what, against, rounded(found.value)])]
    }),
  ].join('\n')
