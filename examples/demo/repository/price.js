/** The price of a number of pieces, in cents: from ten pieces on it is a tenth less. */
export const price = (pieces, each) => {
  const sum = pieces * each
  return pieces > 10 ? Math.round(sum * 0.9) : sum
}
