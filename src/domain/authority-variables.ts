/** The variables by which Node and OpenSSL are told whom to trust beside the system's authorities. */
export const AUTHORITY_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'] as const
