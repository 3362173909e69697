import { errorText } from './error-text.ts'

/**
 * Whether an answer refuses the token alone, so that another one of the same login may help. All else that is refused is
 * the account's matter: what it may not use, or what its owner has to confirm.
 */
export const refusesToken = (status: number, body: string): boolean => {
  if (status === 401) return true
  if (status !== 403) return false
  const { text, code } = errorText(body)
  return code === 'token_expired' || /\btoken\b[^.]{0,40}\bexpired\b/i.test(text)
}
