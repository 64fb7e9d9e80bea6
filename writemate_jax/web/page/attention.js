/**
 * The text above the line that is being written, each character as bright as the network looks at it.
 *
 * Each character stands above about the place where its ink will be.
 */
import { middles } from "./widths.js";
import { element } from "./svg.js";

const LETTER = 2.8; // mm
const ABOVE = 6.8; // mm above the baseline

export function createAttention(group) {
  let shown = null, letters = [];

  return function show(line, point) {
    if (line !== shown) {
      group.replaceChildren();
      letters = line?.attention ? caption(group, line) : [];
      shown = line;
    }
    const weights = line?.attention?.[Math.min(point, line.attention.length - 1)];
    if (!weights) return;
    const most = Math.max(...weights, 1e-6);
    letters.forEach(([glow, letter], i) => {
      const light = Math.min(1, (weights[i] ?? 0) / most);
      glow.setAttribute("opacity", (light * 0.85).toFixed(2));
      letter.setAttribute("opacity", (0.4 + 0.6 * light).toFixed(2));
    });
  };
}

/** Draws the text; returns for each character its light and its letter. */
function caption(group, line) {
  const xs = line.strokes.flatMap(({ stroke }) => stroke.map(([x]) => x));
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const y = line.baseline - ABOVE;
  group.append(element("rect", {
    class: "veil", x: left - 2, y: y - LETTER, width: right - left + 4, height: LETTER * 1.45, rx: 1 }));
  const places = middles(line.text).map((share) => left + share * (right - left));
  return [...line.text].map((c, i) => {
    const glow = element("circle", {
      class: "glow", cx: places[i], cy: y - LETTER * 0.28, r: LETTER * 0.62, opacity: 0 });
    const letter = element("text", { x: places[i], y, "font-size": LETTER, "text-anchor": "middle", opacity: 0.4 }, c);
    group.append(glow, letter);
    return [glow, letter];
  });
}
