import { BerthError } from '../../domain/errors.ts'
import { answered, type Refusal } from './api-error.ts'

const hostOf = (url: string) => new URL(url).host

/** What GitHub's refusal of an App's own request means; undefined: nothing about the App. */
export const appError = (
  asked: { readonly appId: string; readonly baseUrl: string },
  refusal: Refusal,
  cause: unknown,
): BerthError | undefined => {
  const { status, words } = refusal
  const says = `${hostOf(asked.baseUrl)} answered ${answered(refusal)}`
  if (status === 401 && /'(exp|iat)'/.test(words)) {
    const forge = Date.parse(refusal.headers['date'] ?? '')
    const seconds = Math.round((Date.now() - forge) / 1000)
    const off = Number.isNaN(seconds)
      ? 'is wrong'
      : `is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the clock of GitHub`
    return new BerthError('app-clock', `the clock of this machine ${off}: ${says}`, { cause })
  }
  if (status === 401 || (status === 404 && /integration not found/i.test(words)))
    return new BerthError('app-unknown', `GitHub does not know the App ${asked.appId} by this key: ${says}`, { cause })
  if (status === 403 && /suspended/i.test(words))
    return new BerthError('app-suspended', `the installation of the App ${asked.appId} is suspended: ${says}`, {
      cause,
    })
  return undefined
}
