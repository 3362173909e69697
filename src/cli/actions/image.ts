import { findEngines } from '../../install/find-engines.ts'
import { imageName } from '../../install/image-name.ts'
import { listImages } from '../../install/list-images.ts'
import { setUp } from '../../install/set-up.ts'
import { table } from '../../std/table.ts'
import type { Context } from '../context.ts'
import { installation } from '../installation.ts'
import { terminalWidth } from '../terminal.ts'

/** What `berth setup` makes; prints the toolbox' folder. */
export const imageBuildAction = async (
  context: Context,
  engines: readonly string[],
  json: boolean,
): Promise<number> => {
  const { toolbox } = await setUp(engines, installation(context).options)
  context.stdout.write(
    json
      ? `${JSON.stringify({ toolbox: toolbox.path })}
`
      : `${toolbox.path}
`,
  )
  return 0
}

export const imageLsAction = async (context: Context, json: boolean): Promise<number> => {
  const { options, stamp } = installation(context)
  const images = await listImages(await findEngines([], { ...options, progress: () => {} }), options)
  if (json) {
    context.stdout.write(
      `${JSON.stringify({ images: images.map((one) => ({ ...one, current: one.tag === stamp?.image })) })}\n`,
    )
    return 0
  }
  const columns = [
    { title: 'IMAGE', flexible: true },
    { title: 'ENGINE' },
    { title: 'ID' },
    { title: 'SIZE' },
    { title: 'CREATED' },
  ]
  const rows = images.map((one) => [
    `${imageName(one.tag)}${one.tag === stamp?.image ? ' (current)' : ''}`,
    one.engine,
    one.id.replace('sha256:', '').slice(0, 12),
    one.size.replace(/(\d)([A-Z])/, '$1 $2'),
    one.created.slice(0, 16),
  ])
  const width = terminalWidth(context)
  context.stdout.write(`${table(columns, rows, width === undefined ? {} : { width }).join('\n')}\n`)
  return 0
}
