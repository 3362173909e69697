import type { CallerContext } from '../../domain/caller-context.ts'
import type { ProviderRow } from '../../views/provider-table.ts'
import type { Deps } from '../deps.ts'

/** Every agent that --agent can name, with its version, key and capabilities. */
export const listProviders = async (
  deps: Pick<Deps, 'config' | 'installation'>,
  caller: CallerContext,
): Promise<readonly ProviderRow[]> => {
  const toolbox = await deps.installation.toolbox()
  const own = [...deps.config.providers.values()].filter((one) => !one.hidden)
  const configured = [...deps.config.agents()].map(([id, table]) => deps.config.configured(id, table))
  return [...own, ...configured].map(({ id, title, binary, tested, key, supports }) => ({
    id,
    title,
    /** Of the config file: its program is the image's or a volume's. */
    configured: configured.some((one) => one.id === id),
    installed: binary === null ? null : (toolbox?.versions[id] ?? null),
    tested,
    key: key?.env ?? null,
    keySet: key !== null && Boolean(caller.env[key.env]),
    supports,
  }))
}
