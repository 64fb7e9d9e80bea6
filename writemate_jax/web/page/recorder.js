/**
 * Records ink on a canvas: mouse, finger or pen. Places are in CSS pixels, y down.
 *
 * Ink stands on the guides that it was begun on: where the canvas becomes another, as when a telephone is turned, both are
 * shown in another size, and what is added is recorded in the ink's own unit. So is ink from a wider screen.
 */
import { bezier } from "./ink.js";

const PEN = 2.4; // pixels
const NEAR = 0.8; // pixels: points closer than that to the one before tell nothing, and a quick mouse has thousands

const BASELINE = 0.66; // its y as a share of the canvas' height
const TALLEST = 0.24, FILL = 0.8; // of that height, an x at most; of the width, a usual line between the guides

/** changed: called after each change. long(): how many x-heights the line takes that is to be written. */
export function createRecorder(canvas, { changed, long }) {
  const context = canvas.getContext("2d");
  let strokes = [], drawing = null; // drawing: the pointer {id, type} whose stroke is the last one, or null
  let own = null; // the guides {base, tall} that the strokes were begun on, in their unit; null where there are none yet
  let zoom = 1, down = 0; // how large ink is shown, and how far below its own place

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top - down].map((value) => Math.round((value / zoom) * 10) / 10);
  }

  /** The baseline, and how high an x is above it, on an empty canvas. */
  function guides() {
    const { clientWidth: width, clientHeight: height } = canvas;
    return { base: BASELINE * height, tall: Math.min(TALLEST * height, (FILL * width) / long()) }; // a wide line is squeezed
  }

  function add(event) {
    const stroke = strokes.at(-1), [x, y] = place(event), last = stroke.at(-1);
    if (!last || Math.hypot(x - last[0], y - last[1]) >= NEAR) stroke.push([x, y]);
  }

  /** Other strokes; one that is being drawn is none of them and ends. */
  function take(found) {
    strokes = found;
    drawing = null;
  }

  /** The stroke that is being drawn was none. */
  function drop() {
    strokes.pop();
    drawing = null;
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    if (drawing?.type === "touch" && event.pointerType === "pen") drop(); // the palm that came down before the pen
    if (drawing) return; // a second finger, or the palm beside the pen
    event.preventDefault();
    drawing = { id: event.pointerId, type: event.pointerType };
    canvas.setPointerCapture(drawing.id);
    if (!strokes.length) [own, zoom, down] = [guides(), 1, 0];
    strokes.push([]);
    add(event);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing?.id) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    (coalesced.length ? coalesced : [event]).forEach(add); // all that happened since the last frame
    draw();
  });
  canvas.addEventListener("pointerup", (event) => {
    if (event.pointerId !== drawing?.id) return;
    drawing = null;
    changed();
  });
  canvas.addEventListener("pointercancel", (event) => { // the browser has found that it was a palm, or a gesture
    if (event.pointerId !== drawing?.id) return;
    drop();
    draw();
  });
  new ResizeObserver(fit).observe(canvas);

  function fit() {
    if (!canvas.clientWidth) return;
    const now = guides(), most = canvas.clientWidth / (Math.max(1, ...strokes.flat().map(([x]) => x)) + PEN);
    if (!strokes.length) own = null;
    else own ??= { base: now.base, tall: now.tall / Math.min(1, most) }; // of kept ink it is not known
    zoom = own ? Math.min(now.tall / own.tall, most) : 1;
    down = own ? now.base - own.base * zoom : 0;
    draw();
  }

  function draw() {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.scale(ratio, ratio);
    const styles = getComputedStyle(canvas);
    context.strokeStyle = styles.getPropertyValue("--guide");
    const now = guides();
    [0, own ? own.tall * zoom : now.tall].forEach((above) => {
      const y = now.base - above;
      context.beginPath();
      context.setLineDash(above ? [3, 5] : []);
      context.moveTo(0, y);
      context.lineTo(width, y);
      context.stroke();
    });
    context.setLineDash([]);
    context.translate(0, down);
    context.scale(zoom, zoom);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = PEN;
    context.strokeStyle = styles.color;
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      const segments = bezier(stroke);
      if (!segments.length) context.lineTo(stroke[0][0] + 0.1, stroke[0][1]);
      for (const [, a, b, to] of segments) context.bezierCurveTo(...a, ...b, ...to);
      context.stroke();
    }
  }

  return {
    get strokes() { return strokes; },
    set strokes(found) { take(found); own = null; fit(); },
    undo() { take(strokes.slice(0, -1)); strokes.length ? draw() : fit(); changed(); },
    clear() { take([]); fit(); changed(); },
  };
}
