/** The paper: its sizes, margins and rules, in millimetres. Pure. */

// letter: height of an x. margin: of all four sides.
export const SIZES = {
  card: { title: "Card", width: 105, height: 74, margin: 9, letter: 3 },
  note: { title: "Note", width: 148, height: 105, margin: 13, letter: 3.2 },
  page: { title: "Page", width: 210, height: 297, margin: 20, letter: 2.8 },
};
export const PAPERS = { blank: "Blank", ruled: "Ruled", dotted: "Dotted", squared: "Squared" };
const SPACING = 3.3; // x-heights between baselines
const START = 2.4; // from the margin to the first baseline
const END = 1.2; // below the last baseline
const SQUARE = 5; // about the distance of dots and squares

/** x-heights that a line of ink may be long. */
export function room(size) {
  const { width, margin, letter } = SIZES[size];
  return (width - 2 * margin) / letter;
}

/** y of the baseline of a row, counted from 0. */
export function baseline(size, row) {
  const { margin, letter } = SIZES[size];
  return margin + (START + row * SPACING) * letter;
}

/** The sheet's height: its size's own, or more where the rows need it. */
export function heightFor(size, rows) {
  const { height, margin, letter } = SIZES[size];
  const needed = baseline(size, Math.max(0, rows - 1)) + END * letter + margin;
  return Math.max(height, Math.ceil(needed));
}

/** The paper's lines [[x, y], [x, y]] and dots [x, y], so that the baselines lie on them. */
export function rules(paper, size, height) {
  const { width, margin, letter } = SIZES[size];
  const level = (y) => [[0, y], [width, y]];
  const spacing = SPACING * letter;
  if (paper === "ruled") return { lines: places(baseline(size, 0), spacing, height - margin / 2).map(level), dots: [] };
  if (paper === "blank") return { lines: [], dots: [] };
  const step = spacing / Math.max(1, Math.round(spacing / SQUARE));
  const xs = places(margin % step, step, width), ys = places(baseline(size, 0) % step, step, height);
  if (paper === "dotted") return { lines: [], dots: ys.flatMap((y) => xs.map((x) => [x, y])) };
  return { lines: [...ys.map(level), ...xs.map((x) => [[x, 0], [x, height]])], dots: [] };
}

function places(first, step, end) {
  return Array.from({ length: Math.max(0, Math.floor((end - first) / step + 1e-9) + 1) }, (_, i) => first + i * step);
}
