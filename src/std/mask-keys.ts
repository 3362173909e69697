/** Letters and digits mixed, as long as keys and tokens are. */
const LOOKS_LIKE_ONE = /^(?=.*[A-Za-z])(?=.*\d).{16,}$/
const PREFIXED = /^(sk|pk|gh[a-z]|github_pat|glpat|xox[a-z]|hvs)[-_]|^AIza/
const JSON_TOKEN = /\beyJ[\w.-]*/g
const LOGIN = /\/\/[^/@\s]+@/g

/** Replaces by `***` what looks like a key in a stranger's words, and the login in an address. */
export const maskKeys = (text: string): string =>
  text
    .replaceAll(LOGIN, '//***@')
    .replaceAll(JSON_TOKEN, '***')
    .replaceAll(/[\w+-]{6,}=*/g, (word) => (PREFIXED.test(word) || LOOKS_LIKE_ONE.test(word) ? '***' : word))
