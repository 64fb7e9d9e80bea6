/**
 * A few words in each style, written beforehand (`python -m writemate_jax.web.previews`), so that the gallery asks
 * nothing of the engine.
 */
import { bezier, bounds, pathOf, strokesOf } from "./ink.js";
import { element } from "./svg.js";

const UNIT = 1 / 50; // x-heights: points are stored as whole multiples
const PEN = 0.13; // x-heights

/** {wordmark, styles: {name: {ratio, points}}}; without the file, none. */
export async function loadPreviews() {
  try {
    const answer = await fetch(new URL("previews.json", document.baseURI));
    return answer.ok ? await answer.json() : { styles: {} };
  } catch {
    return { styles: {} }; // the gallery shows names alone
  }
}

/** Draws stored points, a flat list [dx, dy, eos, dx, ...], into an SVG element that fits them. */
export function drawPreview(svg, flat) {
  const rows = [];
  for (let i = 0; i < flat.length; i += 3) rows.push([flat[i] * UNIT, -flat[i + 1] * UNIT, flat[i + 2]]);
  drawInk(svg, strokesOf(rows), PEN);
}

/** Draws strokes in any unit with y down; by default with a pen that suits their height. */
export function drawInk(svg, strokes, pen = 0) {
  const { left, right, bottom: top, top: low } = bounds(strokes);
  const width = pen || (low - top) / 16;
  const paths = strokes.map((stroke) => element("path", { d: pathOf(stroke, bezier(stroke)) }));
  svg.setAttribute("viewBox", [left - width, top - width, right - left + 2 * width, low - top + 2 * width].join(" "));
  svg.replaceChildren(element("g", {
    fill: "none", stroke: "currentColor", "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round",
  }, ...paths));
}
