/** Writes lines into an SVG group, stroke by stroke at the pen's speed. */
import { before, bezier, pathOf } from "./ink.js";
import { element } from "./svg.js";
import { NEXT_LINE, PACE, shared, timeline } from "./timeline.js";

const LONGEST_FRAME = 0.25; // seconds: a page that slept goes on where it was

/** Whether the reader wants nothing to move that was not asked to. */
export const motionless = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * `show` takes the lines of a sheet; each has strokes in mm, pace, and rows, the points that they were made of. Ink
 * that was written before and is the same stays; a line that changed is written from the point where it became another.
 *
 * changed: called with "writing", "paused" or "finished". moved: called with (line, point) while the pen moves, and
 * (null) when it rests.
 */
export function createPlayer(group, { changed = () => {}, moved = () => {} } = {}) {
  let lines = [], speed = 1, paused = false, frame = null, last = null, state = "finished";

  const unfinished = () => lines.find((line) => line && line.clock < line.end);

  function show(found) {
    const former = lines;
    const same = (line) => former.find((one) => one?.rows === line.rows); // also where an empty line moved it down
    lines = found.map((line, i) => line && prepared(line, same(line) ?? former[i]));
    group.replaceChildren(...lines.filter(Boolean).map((line) => line.group));
    if (motionless()) return skip();
    if (!unfinished()?.kept) paused = false; // what the pen rested in is no longer there
    lines.forEach((line) => line && draw(line));
    start();
  }

  function prepared(line, former) {
    const { starts, end } = timeline(line.strokes, line.pace);
    const strokes = line.strokes.map((stroke, i) => (
      { stroke, segments: bezier(stroke), start: starts[i], path: null, whole: false }));
    const kept = former ? shared(line.rows, former.rows) : 0;
    const next = { ...line, strokes, end, kept, pace: line.pace || PACE, group: element("g"), clock: -NEXT_LINE };
    if (kept) next.clock = Math.min(former.clock, kept === line.rows.length ? Infinity : clockAt(next, kept));
    if (kept === line.rows.length && former.clock >= former.end) next.clock = end;
    return next;
  }

  function skip() {
    paused = false; // or what is typed next would wait for a pen that seems to have finished
    lines.forEach((line) => line && ((line.clock = line.end), draw(line)));
    rest("finished");
  }

  function replay() {
    paused = false;
    lines.forEach((line) => line && ((line.clock = -NEXT_LINE), draw(line)));
    start();
  }

  function pause(stop) {
    paused = stop;
    if (stop && unfinished()) rest("paused");
    else start();
  }

  function start() {
    const line = unfinished();
    if (!line) return rest("finished");
    if (paused) return rest("paused");
    tell("writing");
    if (frame === null) { // a pen at rest has no line to come from
      line.clock = Math.max(line.clock, 0);
      last = null;
      frame = requestAnimationFrame(tick);
    }
  }

  function rest(how) {
    if (frame !== null) cancelAnimationFrame(frame);
    frame = null;
    moved(null);
    tell(how);
  }

  function tell(next) {
    if (next !== state) changed((state = next));
  }

  function tick(now) {
    let seconds = last === null ? 0 : Math.min(LONGEST_FRAME, (now - last) / 1000) * speed;
    last = now;
    for (let line = unfinished(); line; line = unfinished()) {
      const used = Math.min(seconds, line.end - line.clock);
      line.clock += used;
      if (line.end - line.clock < 1e-6) line.clock = line.end;
      seconds -= used;
      draw(line);
      if (line.clock < line.end) {
        moved(line, pointAt(line));
        break;
      }
    }
    frame = requestAnimationFrame(tick);
    if (!unfinished()) rest("finished");
  }

  return {
    show, skip, replay, pause,
    set speed(value) { speed = value; },
    get state() { return state; },
  };
}

/** Brings the paths of a line up to its clock. */
function draw(line) {
  for (const part of line.strokes) {
    const points = (line.clock - part.start) * line.pace;
    const whole = points >= part.segments.length;
    if (points < 0) {
      part.path?.remove();
      part.path = null;
      part.whole = false;
    } else if (!(whole && part.whole)) {
      if (!part.path) line.group.append((part.path = element("path")));
      const count = Math.floor(points);
      const drawn = whole ? part.segments : [
        ...part.segments.slice(0, count), before(part.segments[count], Math.max(0.02, points - count))];
      part.path.setAttribute("d", pathOf(part.stroke, drawn));
      part.whole = whole;
    }
  }
}

/** Which point of the line is being written. */
function pointAt(line) {
  let point = 0;
  for (const { stroke, start } of line.strokes) {
    const points = Math.floor((line.clock - start) * line.pace);
    if (points < stroke.length) return point + Math.max(0, points);
    point += stroke.length;
  }
  return point - 1;
}

/** The clock at which the first `count` points are there. */
function clockAt(line, count) {
  for (const { stroke, start } of line.strokes) {
    if (count <= stroke.length) return start + (count - 1) / line.pace;
    count -= stroke.length;
  }
  return line.end;
}
