import type { Login } from '../../domain/login.ts'
import { type LoginAnswer, refusalWords } from '../../domain/login-answer.ts'
import { parseLogin } from '../../domain/parse-login.ts'
import type { LoginService } from '../../providers/provider.ts'
import { errorMessage } from '../../std/error-message.ts'

const MOST_WORDS = 300

/** Only what the answer tells: a field that it lacks stays as it was. */
const given = <T extends object>(part: T): Partial<T> =>
  Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Partial<T>

const refreshed = (login: Login, { at, body }: LoginAnswer, service: LoginService): Login => {
  if (service.refresh === null) throw new Error(`a login of ${service.title} is not refreshed`)
  const part = service.refresh.read(body, new Date(at))
  const next = {
    ...login,
    ...given(part),
    extra: { ...login.extra, ...part.extra },
    refreshedAt: at,
    problem: null,
  }
  const read = parseLogin(next)
  if (!read.ok) throw new Error(read.error)
  return read.value
}

/** A login with what the issuer answered. An answer that nobody understands leaves the tokens as they are. */
export const mergeAnswer = (login: Login, answer: LoginAnswer, service: LoginService | undefined): Login => {
  if (answer.status !== 200) {
    const words = refusalWords(answer.body) || `status ${answer.status}`
    return { ...login, problem: `the issuer refused to refresh it: ${words.slice(0, MOST_WORDS)}` }
  }
  try {
    if (service === undefined) throw new Error(`this version of Berth does not know the service ${login.service}`)
    return refreshed(login, answer, service)
  } catch (error) {
    return { ...login, problem: `the issuer's answer could not be read: ${errorMessage(error).slice(0, MOST_WORDS)}` }
  }
}
