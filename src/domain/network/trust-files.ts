/** Files beside the gateway's socket that tell the programs in a sandbox which authorities to trust. The gateway writes them. */
export const TRUST_FILES = { pem: 'ca.pem', java: 'ca.jks' } as const
