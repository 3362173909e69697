/** Bytes of the largest schema of a result. */
export const SCHEMA_BYTES = 64 * 1024
