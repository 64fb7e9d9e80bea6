/** SVG for pen plotters: single lines in mm, each line of text a layer, in an order that saves travel. */
import { pathOf } from "../ink.js";
import { inXml, written } from "./lines.js";
import { opening, penOf } from "./svg.js";

/**
 * A layer's name begins with its number, by which vpype and AxiDraw order layers; as a text's own first characters,
 * vpype would take digits for it, and AxiDraw a % for a layer that is not drawn and a ! for a pause.
 */
export function toPlotterSvg(sheet) {
  const groups = inOrder(sheet).map((strokes, i) => {
    const label = `${i + 1}: ${inXml(written(sheet)[i].text)}`;
    const paths = strokes.map((stroke) => `    <path d="${pathOf(stroke)}"/>\n`).join("");
    return `  <g id="line-${i + 1}" inkscape:groupmode="layer" inkscape:label="${label}" ${penOf(sheet)}>\n`
      + `${paths}  </g>\n`;
  });
  const attributes = ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"';
  return `${opening(sheet, { attributes })}${groups.join("")}</svg>\n`;
}

/** The strokes of each line, some of them backwards, so that the raised pen travels little. */
export function inOrder(sheet) {
  let place = [0, 0];
  return written(sheet).map(({ strokes }) => {
    const nearest = nearestNext(strokes, place);
    const ordered = travel(nearest, place) < travel(strokes, place) ? nearest : strokes;
    place = ordered.at(-1).at(-1);
    return ordered;
  });
}

/** How far the raised pen moves from `place` through the strokes. */
export function travel(strokes, place) {
  let sum = 0;
  for (const stroke of strokes) {
    sum += distance(place, stroke[0]);
    place = stroke.at(-1);
  }
  return sum;
}

function nearestNext(strokes, place) {
  const left = new Set(strokes), ordered = [];
  while (left.size) {
    let [best, backwards, least] = [null, false, Infinity];
    for (const stroke of left) {
      for (const [end, turned] of [[stroke[0], false], [stroke.at(-1), true]]) {
        const found = distance(place, end);
        if (found < least) [best, backwards, least] = [stroke, turned, found];
      }
    }
    left.delete(best);
    ordered.push(backwards ? [...best].reverse() : best);
    place = ordered.at(-1).at(-1);
  }
  return ordered;
}

function distance([ax, ay], [bx, by]) {
  return Math.hypot(ax - bx, ay - by);
}
