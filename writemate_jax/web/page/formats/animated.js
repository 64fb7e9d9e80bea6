/** An SVG that writes itself and begins anew where SMIL is known; elsewhere, or if no motion is wanted, ink at rest. */
import { bezier, lengthOf, number, pathOf } from "../ink.js";
import { NEXT_LINE, PACE, timeline } from "../timeline.js";
import { written } from "./lines.js";
import { opening, penOf, rulesOf } from "./svg.js";

const REST = 2; // seconds that the finished ink stays
// Without dashes, their offset, which is what moves, does nothing.
const STYLE = "  <style>.ink path{stroke-dasharray:1 2}"
  + "@media(prefers-reduced-motion:reduce){.ink path{stroke-dasharray:none}}</style>\n";

export function toAnimatedSvg(sheet) {
  const timed = [];
  let clock = 0;
  for (const line of written(sheet)) {
    const { starts, end } = timeline(line.strokes, line.pace);
    clock += NEXT_LINE;
    line.strokes.forEach((stroke, i) => timed.push([stroke, clock + starts[i], line.pace || PACE]));
    clock += end;
  }
  const total = clock + REST;
  const paths = timed.map(([stroke, start, pace]) => animated(stroke, start, pace, total));
  return `${opening(sheet, { content: STYLE })}${rulesOf(sheet)}  <g class="ink" ${penOf(sheet)}>\n${paths.join("")}`
    + "  </g>\n</svg>\n";
}

function animated(stroke, start, pace, total) {
  const segments = bezier(stroke);
  const lengths = segments.map(lengthOf);
  const whole = lengths.reduce((a, b) => a + b, 0);
  // Hidden until its time (a little more than its length off, or its cap would show), then drawn, then kept.
  const keys = [[0, 1.01], [start, 1.01], [start, segments.length ? 1 : 0]];
  let drawn = 0;
  lengths.forEach((length, i) => {
    drawn += length;
    keys.push([start + (i + 1) / pace, 1 - drawn / whole]);
  });
  keys.push([total, 0]);
  const times = keys.map(([time]) => number(time / total, 5)).join(";");
  const values = keys.map(([, value]) => number(value)).join(";");
  return `    <path pathLength="1" d="${pathOf(stroke, segments)}"><animate attributeName="stroke-dashoffset"`
    + ` dur="${number(total)}s" repeatCount="indefinite" keyTimes="${times}" values="${values}"/></path>\n`;
}
