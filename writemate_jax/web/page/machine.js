/** The drawing machine that is described on the page, kept in this browser. */
import { MACHINE } from "./formats/gcode.js";

const KEY = "writemate.machine";
const FIELDS = [
  "bed-width", "bed-depth", "origin-x", "origin-y", "feed", "travel", "pen-up", "pen-down", "pen-seconds",
  "dwell-unit",
];

const at = (id) => document.getElementById(id);

/** The fields; `machine()` is what they say, as formats/gcode.js takes it. `open()` brings them into view. */
export function createMachine() {
  show(kept() ?? USUAL);
  at("machine").addEventListener("change", keep);
  at("machine-reset").addEventListener("click", () => {
    show(USUAL);
    keep();
  });

  function machine() {
    const number = (id) => at(id).valueAsNumber;
    return {
      bed: [number("bed-width"), number("bed-depth")], origin: [number("origin-x"), number("origin-y")],
      feed: number("feed"), travel: number("travel"), penUp: at("pen-up").value, penDown: at("pen-down").value,
      seconds: number("pen-seconds"), dwellUnit: at("dwell-unit").value,
    };
  }

  return { machine, open: () => { at("machine").open = true; } };
}

const USUAL = Object.fromEntries([
  ...MACHINE.bed, ...MACHINE.origin, MACHINE.feed, MACHINE.travel, MACHINE.penUp, MACHINE.penDown, MACHINE.seconds,
  MACHINE.dwellUnit,
].map((value, i) => [FIELDS[i], String(value)]));

function show(values) {
  for (const id of FIELDS) at(id).value = values[id];
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(FIELDS.map((id) => [id, at(id).value]))));
  } catch {
    // storage is full or forbidden: the description lives as long as the page
  }
}

function kept() {
  try {
    const found = { ...USUAL, ...JSON.parse(localStorage.getItem(KEY)) }; // an earlier page kept fewer fields
    return FIELDS.every((id) => typeof found[id] === "string") ? found : null;
  } catch {
    return null; // storage is forbidden, or holds something else
  }
}
