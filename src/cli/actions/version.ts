import { VERSION } from '../../client/context.ts'
import type { Context } from '../context.ts'
import { installation } from '../installation.ts'

export const versionAction = async (context: Context, json: boolean): Promise<number> => {
  const { stamp, toolbox } = installation(context)
  const found = await toolbox()
  const versions = {
    berth: VERSION,
    build: context.build,
    node: process.version,
    image: stamp?.image ?? null,
    toolbox: found?.manifest ?? null,
  }
  if (json) {
    context.stdout.write(`${JSON.stringify(versions)}\n`)
    return 0
  }
  const lines = [
    `berth ${versions.berth} (build ${versions.build})`,
    `node ${versions.node}`,
    `image berth-agent:${versions.image ?? '(not built)'}`,
  ]
  if (found === undefined) lines.push('toolbox (missing: berth setup)')
  else
    lines.push(
      `toolbox ${found.manifest.hash}`,
      `  node ${found.manifest.node}`,
      `  git ${found.manifest.git}`,
      ...Object.entries(found.manifest.agents).map(([name, version]) => `  ${name} ${version}`),
    )
  context.stdout.write(`${lines.join('\n')}\n`)
  return 0
}
