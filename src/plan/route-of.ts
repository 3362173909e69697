import type { ModelRoute, Provider } from '../providers/provider.ts'

type Asked = { readonly model?: string | undefined; readonly baseUrl?: string | undefined }

/** Key and address for what a request asks of this provider. */
export const routeOf = (provider: Provider, { model, baseUrl }: Asked): ModelRoute =>
  provider.route?.(model ?? null, baseUrl !== undefined) ?? provider
