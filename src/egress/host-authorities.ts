/** The base64 of a certificate, by which two spellings of it are one. */
const base64Of = (pem: string): string => pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')

let known: readonly string[] | undefined

/** The authorities that this host trusts, each once, as PEM: those of Node and of the system. Read once: that takes 40 ms. */
export const hostAuthorities = (): readonly string[] => {
  if (known !== undefined) return known
  const { getCACertificates } = process.getBuiltinModule('node:tls')
  // The system's come up to three times: by name, by hash and in a bundle.
  const all = new Set([...getCACertificates('default'), ...getCACertificates('system')])
  known = [...new Map([...all].map((pem) => [base64Of(pem), pem.trim()])).values()]
  return known
}
