/** The caller's environment, as it came with a request; kept in memory, never written. */
export type CallerEnv = Readonly<Record<string, string | undefined>>

/** What plans and records hold instead of a secret: `SCHEME:NAME`, e.g. `env:OPENAI_API_KEY`, `file:/run/secrets/key`. */
export type CredentialReference = { readonly scheme: string; readonly name: string }

/** One place that secrets come from. */
export interface CredentialSource {
  readonly scheme: string
  /**
   * The secret that `name` means in the caller's environment, read anew at each call. Rejects with BerthError
   * `no-credentials` that names what is missing; the secret itself stands in no message. No limit of its own: it
   * reads memory or a small local file.
   */
  resolve(name: string, callerEnv: CallerEnv): Promise<string>
}
