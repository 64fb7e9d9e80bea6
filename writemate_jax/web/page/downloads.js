/** The files that the page offers, all made in the browser from the ink, whichever engine wrote it. */
import { toAnimatedSvg } from "./formats/animated.js";
import { toGcode } from "./formats/gcode.js";
import { toJson } from "./formats/json.js";
import { toPdf } from "./formats/pdf.js";
import { toPlotterSvg } from "./formats/plotter.js";
import { toPng } from "./formats/png.js";
import { toSvg } from "./formats/svg.js";

export const FORMATS = {
  svg: { title: "SVG", suffix: ".svg", type: "image/svg+xml", make: toSvg },
  png: { title: "PNG", suffix: ".png", type: "image/png", make: toPng },
  pdf: { title: "PDF", suffix: ".pdf", type: "application/pdf", make: toPdf },
  animated: { title: "Animated SVG", suffix: ".animated.svg", type: "image/svg+xml", make: toAnimatedSvg },
  plotter: { title: "Plotter SVG", suffix: ".plotter.svg", type: "image/svg+xml", make: toPlotterSvg },
  gcode: { title: "G-code", suffix: ".gcode", type: "text/plain", make: toGcode },
  json: { title: "JSON", suffix: ".json", type: "application/json", make: toJson },
};

/** Makes the file and hands it to the browser. Throws an Error whose message can be shown. */
export async function download(kind, sheet, machine) {
  const { suffix, type, make } = FORMATS[kind];
  const made = await make(sheet, machine);
  save(made instanceof Blob ? made : new Blob([made], { type }), nameOf(sheet) + suffix);
}

/** Hands a Blob to the browser as a file. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
}

/** A file's name from the first words of the text. */
function nameOf(sheet) {
  const text = sheet.lines.find(Boolean)?.text ?? "";
  return text.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 40).replace(/^-+|-+$/g, "") || "handwriting";
}
