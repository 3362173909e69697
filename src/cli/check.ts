/** A row of `berth doctor`. */
export type Check = {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  readonly fix: string | null
}
