/** A sheet as SVG of its real size, in mm. */
import { DOT, number, pathOf } from "../ink.js";
import { inXml, title, written } from "./lines.js";

export const RULES = { color: "#bccbdc", width: 0.15, dot: 0.4 }; // of the paper's lines and dots, mm

export function toSvg(sheet) {
  const lines = written(sheet).map((line) => {
    const paths = line.strokes.map((stroke) => `      <path d="${pathOf(stroke)}"/>\n`).join("");
    return `    <g aria-label="${inXml(line.text)}">\n${paths}    </g>\n`;
  });
  return `${opening(sheet)}${rulesOf(sheet)}  <g ${penOf(sheet)}>\n${lines.join("")}  </g>\n</svg>\n`;
}

/** The root element, with the text as its title. attributes: further ones; content: what follows the title. */
export function opening({ width, height, ...sheet }, { attributes = "", content = "" } = {}) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${number(width)} ${number(height)}"`
    + ` width="${number(width)}mm" height="${number(height)}mm"${attributes}>\n`
    + `  <title>${inXml(title(sheet))}</title>\n${content}`;
}

export function penOf({ color, pen }) {
  return `fill="none" stroke="${color}" stroke-width="${number(pen)}" stroke-linecap="round" stroke-linejoin="round"`;
}

export function rulesOf({ rules }) {
  const pen = (width) => `fill="none" stroke="${RULES.color}" stroke-width="${width}" stroke-linecap="round"`;
  const place = ([x, y]) => `${number(x)},${number(y)}`;
  const lines = rules.lines.map(([from, to]) => `M${place(from)} L${place(to)}`).join(" ");
  const dots = rules.dots.map((dot) => `M${place(dot)} h${DOT}`).join(" ");
  const path = (width, d) => d && `  <path ${pen(width)} d="${d}"/>\n`;
  return path(RULES.width, lines) + path(RULES.dot, dots);
}
