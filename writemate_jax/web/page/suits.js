/**
 * Whether a learned hand means anything to a network: its numbers do to the weights that it was learned for alone.
 *
 * network: an engine's, {weights: the first digits of their digest, styleSize: numbers of a vector}. A hand of before,
 * which does not say whose it is, is taken at its size.
 */
export function suits({ vector, weights = null }, network) {
  return vector.length === network.styleSize && (weights === null || weights === network.weights);
}
