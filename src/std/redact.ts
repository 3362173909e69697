const MASK = '***'
/** Shorter values would blank out ordinary words. */
const SHORTEST = 6

const escapeRegExp = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const ascii = (text: string) =>
  text.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The letters of a base64 text that depend on the secret alone, for each place it can have in the encoded bytes. */
const base64 = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret)
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const start = [0, 2, 3][offset] ?? 0
    const whole = Math.floor(((offset + bytes.length) * 8) / 6)
    const core = encoded.slice(start, whole)
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

const forms = (secret: string): readonly string[] => {
  const url = encodeURIComponent(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  return [
    secret,
    url,
    url.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
    url.replaceAll('%20', '+'),
    json,
    ascii(json),
    json.replaceAll('/', '\\/'),
    ...base64(secret),
  ]
}

/**
 * A function that replaces each secret by `***` in a complete text, in the forms it takes on its way: as it is,
 * URL-encoded, JSON-escaped, base64 at any offset. Values under six characters are left alone.
 */
export const redactor = (secrets: readonly string[]): ((text: string) => string) => {
  const needles = [...new Set(secrets.filter((s) => s.length >= SHORTEST).flatMap(forms))].filter(
    (form) => form.length >= SHORTEST,
  )
  if (needles.length === 0) return (text) => text
  const pattern = new RegExp(
    needles
      .toSorted((a, b) => b.length - a.length)
      .map(escapeRegExp)
      .join('|'),
    'g',
  )
  return (text) => text.replace(pattern, MASK)
}
