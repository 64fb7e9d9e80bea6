/** How many times neater than usual a line is to be: more in a hand that was learned, and more where it is short. Pure. */
export function times(text, learned, { short, learned: inHand, characters }) {
  return Math.max(text.length <= characters ? short : 1, learned ? inHand : 1);
}
