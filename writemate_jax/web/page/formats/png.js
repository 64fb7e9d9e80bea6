/** A sheet as a picture, drawn by the browser's canvas. */
import { DOT, pathOf } from "../ink.js";
import { written } from "./lines.js";
import { RULES } from "./svg.js";

const SCALE = 12; // pixels in a mm: 305 dots an inch
const LARGEST = 8000; // pixels a side; some canvases hold no more

/** A Blob of type image/png, on white. */
export async function toPng(sheet) {
  const scale = Math.min(SCALE, LARGEST / Math.max(sheet.width, sheet.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(sheet.width * scale);
  canvas.height = Math.round(sheet.height * scale);
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(scale, scale);
  context.lineCap = context.lineJoin = "round";
  const draw = (paths, color, width) => {
    context.strokeStyle = color;
    context.lineWidth = width;
    for (const path of paths) context.stroke(new Path2D(path));
  };
  draw(sheet.rules.lines.map(([[ax, ay], [bx, by]]) => `M${ax},${ay} L${bx},${by}`), RULES.color, RULES.width);
  draw(sheet.rules.dots.map(([x, y]) => `M${x},${y} h${DOT}`), RULES.color, RULES.dot);
  draw(written(sheet).flatMap((line) => line.strokes.map((stroke) => pathOf(stroke))), sheet.color, sheet.pen);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error(`This browser holds no picture of ${canvas.width} × ${canvas.height} pixels.`);
  return blob;
}
