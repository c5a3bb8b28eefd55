const credentialName = /auth|key|token|secret|cookie|pass|cred|sig|session|jwt/i

/** True for the name of a header or of a part of a query whose value may be a credential. */
export function isCredentialName(name: string): boolean {
  return credentialName.test(name)
}
