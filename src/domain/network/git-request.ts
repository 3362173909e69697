const MOST_DECODINGS = 3

/** Decoded as often as a lenient server might; what cannot be decoded stays. */
export const fullyDecoded = (text: string): string => {
  let decoded = text
  for (let i = 0; i < MOST_DECODINGS; i += 1) {
    const next = decoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    if (next === decoded) break
    decoded = next
  }
  return decoded
}

/** True for a request that belongs to a push by smart HTTP, however it is spelled. A page of that name counts as one too. */
export const isGitPush = (path: string): boolean => fullyDecoded(path).toLowerCase().includes('git-receive-pack')

/** True for the POST of a fetch, exactly as git sends it. */
export const isGitFetch = (method: string, path: string): boolean =>
  method === 'POST' && path.endsWith('/git-upload-pack') && !path.includes('?')
