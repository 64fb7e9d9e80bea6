/** A sheet as a PDF of one page of its real size, with vector curves. */
import { bezier, DOT, number } from "../ink.js";
import { title, written } from "./lines.js";
import { RULES } from "./svg.js";

const POINT = 72 / 25.4; // points in a millimetre

export function toPdf(sheet) {
  const size = [sheet.width, sheet.height].map((side) => number(side * POINT));
  const content = contentOf(sheet);
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${size.join(" ")}] /Resources << >> /Contents 4 0 R >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    `<< /Title ${utf16(title(sheet).split("\n")[0])} /Creator (WriteMate JAX) >>`,
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, i) => {
    const offset = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  return `${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`
    + `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
}

/** Round caps and joins; the matrix lets all that follows be in mm with y down. */
function contentOf(sheet) {
  const parts = ["1 J 1 j", `${number(POINT, 6)} 0 0 ${number(-POINT, 6)} 0 ${number(sheet.height * POINT)} cm`];
  const { lines, dots } = sheet.rules;
  const all = (width, pairs) => pairs.length
    && parts.push(pen(RULES.color, width), ...pairs.map(([from, to]) => `${from} m ${to} l`), "S");
  all(RULES.width, lines.map((line) => line.map(place)));
  all(RULES.dot, dots.map((dot) => [place(dot), dash(dot)]));
  parts.push(pen(sheet.color, sheet.pen));
  for (const line of written(sheet)) parts.push(...line.strokes.map(curve));
  return parts.join("\n");
}

function curve(stroke) {
  const segments = bezier(stroke);
  if (!segments.length) return `${place(stroke[0])} m ${dash(stroke[0])} l S`;
  return `${place(stroke[0])} m ${segments.map((s) => `${s.slice(1).map(place).join(" ")} c`).join(" ")} S`;
}

function place([x, y]) {
  return `${number(x)} ${number(y)}`;
}

function dash([x, y]) {
  return place([x + DOT, y]);
}

function pen(color, width) {
  const shares = [1, 3, 5].map((i) => number(parseInt(color.slice(i, i + 2), 16) / 255));
  return `${shares.join(" ")} RG ${number(width)} w`;
}

/** A text as a hexadecimal string in UTF-16, with its byte order mark. */
function utf16(text) {
  const codes = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0"));
  return `<FEFF${codes.join("").toUpperCase()}>`;
}
