/** A sheet as G-code, for plotters and for printers or routers that hold a pen. */
import { along, bezier, number } from "../ink.js";
import { title } from "./lines.js";
import { inOrder } from "./plotter.js";

const CHORD = 0.2; // mm: curves are drawn as lines of at most about that length
const EDGE = 0.05; // mm: by no more may a curve pass its points, which lie on the bed; there it is drawn along the edge
// Of a comment: LinuxCNC refuses lines beyond 254 characters, and senders that count a GRBL's 128 wait for ever to send
// a longer one.
const COMMENT = /\S(?:.{0,68}\S)?(?!\S)|\S{70}/g;
const DWELL_UNITS = { s: 1, ms: 1000 }; // of the P of G4, in a second; firmwares differ

export const MACHINE = {
  bed: [210, 297], origin: [0, 0], feed: 1500, travel: 3000, penUp: "G0 Z5", penDown: "G1 Z0 F600", seconds: 0,
  dwellUnit: "s",
};

/** The ink reaches beyond the bed, or the machine is described wrongly; the message can be shown. */
export class OffTheBed extends Error {}

/**
 * A program in mm and absolute places, y up, that draws the sheet and goes back to (0, 0).
 *
 * bed: mm, from (0, 0). origin: where the sheet's lower left corner lies. feed, travel: mm a minute of the lowered and
 * the raised pen. seconds: what a servo is given to move the pen. dwellUnit: what the machine takes the P of a pause,
 * G4, for: "s" as GRBL and LinuxCNC do, or "ms" as Marlin, Klipper and RepRapFirmware do. Throws `OffTheBed`.
 */
export function toGcode(sheet, given = MACHINE) {
  const machine = { ...MACHINE, ...given }, { origin, seconds, dwellUnit } = machine;
  check(machine);
  const strokes = inOrder(sheet).flat().map((stroke) => (
    chords(stroke).map(([x, y]) => [origin[0] + x, origin[1] + sheet.height - y])));
  checkBed(strokes, machine);
  for (const point of strokes.flat()) [0, 1].forEach((i) => { point[i] = Math.min(Math.max(point[i], 0), machine.bed[i]); });
  const comments = title(sheet).split("\n")
    .flatMap((line) => line.replace(/[^ -}]|[();%!?]/g, "_").match(COMMENT) ?? []).map((part) => `; ${part}`);
  // Whole milliseconds in either unit: Marlin takes no fraction of one.
  const wait = seconds ? [`G4 P${number(Number(seconds.toFixed(3)) * DWELL_UNITS[dwellUnit])}`] : [];
  const up = [machine.penUp, ...wait], down = [machine.penDown, ...wait];
  const program = [...comments, "G21 ; mm", "G90 ; absolute places", ...up];
  for (const [first, ...rest] of strokes) {
    program.push(`G0 ${place(first)} F${number(machine.travel)}`, ...down);
    rest.forEach((point, i) => program.push(`G1 ${place(point)}${i ? "" : ` F${number(machine.feed)}`}`));
    program.push(...up);
  }
  program.push(`G0 X0 Y0 F${number(machine.travel)}`, "M2");
  return `${program.join("\n")}\n`;
}

function chords(stroke) {
  const pieces = (segment) => {
    const hull = [1, 2, 3].reduce((sum, i) =>
      sum + Math.hypot(segment[i][0] - segment[i - 1][0], segment[i][1] - segment[i - 1][1]), 0);
    return Math.max(2, Math.ceil(hull / CHORD)); // no curve is longer than its hull
  };
  return [stroke[0], ...bezier(stroke).flatMap((segment) => along(segment, pieces(segment)))];
}

function check({ bed, origin, feed, travel, penUp, penDown, seconds, dwellUnit }) {
  const said = (value) => (Number.isNaN(value) ? "no number" : value);
  const wrong = [["bed's width", bed[0]], ["bed's depth", bed[1]], ["drawing speed", feed], ["travel speed", travel]]
    .find(([, value]) => !(value > 0 && value < Infinity && number(value) !== "0"));
  if (wrong) throw new OffTheBed(`The ${wrong[0]} is ${said(wrong[1])}; a number above 0 is needed.`);
  const lost = origin.find((value) => !Number.isFinite(value));
  if (lost !== undefined) throw new OffTheBed(`The sheet's place is ${said(lost)}; millimetres are needed.`);
  if (!(seconds >= 0 && seconds < Infinity)) {
    throw new OffTheBed(`The pause for the pen is ${said(seconds)}; 0 seconds or more are needed.`);
  }
  if (!Object.hasOwn(DWELL_UNITS, dwellUnit)) {
    throw new OffTheBed("The machine reads the pause in an unknown unit; s or ms is needed.");
  }
  const code = [penUp, penDown].find((command) => !/^[ -~]*[!-~][ -~]*$/.test(command));
  if (code !== undefined) throw new OffTheBed(`${JSON.stringify(code)} is no command for a pen; G0 Z5 is one.`);
}

function checkBed(strokes, { bed }) {
  const far = [0, 1].map((axis) => strokes.flat().reduce(([low, high], point) =>
    [Math.min(low, point[axis]), Math.max(high, point[axis])], [Infinity, -Infinity]));
  if (far.some(([low, high], axis) => low < -EDGE || high > bed[axis] + EDGE)) {
    const [[left, right], [low, high]] = far.map((range) => range.map((value) => value.toFixed(1)));
    throw new OffTheBed(`The ink lies from X${left} Y${low} to X${right} Y${high} mm, not wholly on the bed of`
      + ` ${bed[0]} × ${bed[1]} mm. Choose smaller paper or fewer lines, or change the bed or the sheet's place below.`);
  }
}

function place([x, y]) {
  return `X${number(x)} Y${number(y)}`;
}
