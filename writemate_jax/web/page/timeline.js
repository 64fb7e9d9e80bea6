/** When the pen is where. Pure; seconds at the pace of a hand. */

export const PACE = 40; // points a second where it is not known
export const NEXT_LINE = 0.35; // seconds between two lines
const LIFT = 0.12; // seconds at least between two strokes
const LIFTED = 40; // mm a second that the raised pen moves

/** The start of each stroke of a line in mm, in seconds from the line's own start, and when the last one ends. */
export function timeline(strokes, pace) {
  const starts = [];
  let clock = 0, place = null;
  for (const stroke of strokes) {
    if (place) clock += Math.max(LIFT, Math.hypot(stroke[0][0] - place[0], stroke[0][1] - place[1]) / LIFTED);
    starts.push(clock);
    clock += stroke.length / (pace || PACE);
    place = stroke.at(-1);
  }
  return { starts, end: clock };
}

/** How many points two lists of rows share from their beginning. */
export function shared(a, b) {
  let count = 0;
  while (count < Math.min(a.length, b.length) && a[count].every((value, i) => value === b[count][i])) count++;
  return count;
}
