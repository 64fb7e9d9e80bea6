/** What the page says of ink that is written, and of a text that is too long. Pure. */
import { replaced } from "./replaced.js";
import { SIZES } from "./sheet.js";

const MOST_ROWS = 100; // lines of a sheet, the empty ones counted
const PAGES = "write it with WriteMate's sample.py --page A4, on as many pages as it needs.";

/** rows: the lines asked for, as `wrap` has them. inks: the ink of each, or null. height: of the sheet, in mm. */
export function summary(rows, inks, size, height) {
  const written = inks.filter(Boolean), cut = written.filter((line) => !line.complete).length;
  return [
    cut ? `${cut === 1 ? "A line was" : `${cut} lines were`} cut before the end; another seed may help.` : "",
    !cut && written.length ? `${written.length} line${written.length === 1 ? "" : "s"} of ink.` : "",
    replaced(rows.flatMap((row, i) => (inks[i] ? [[row, inks[i].text]] : []))),
    size === "page" && height > SIZES.page.height
      ? `The sheet is longer than A4: ${SIZES.page.width} × ${height} mm. For A4, shorten the text, or ${PAGES}` : "",
  ].filter(Boolean).join(" ");
}

/**
 * Why a text of these rows is not written, or "". most: lines that can be written at once. cut: what is to be said of a
 * text that was cut.
 */
export function tooLong(rows, size, most, cut = "") {
  const lines = rows.filter(Boolean).length;
  const larger = size === "page" ? "" : ", choose larger paper";
  if (lines > most) {
    return `That is ${lines} lines; at most ${most} can be written at once.${cut} Shorten the text${larger}, or`
      + ` ${PAGES}`;
  }
  if (rows.length > MOST_ROWS) {
    return `That is ${rows.length} lines, with the empty ones; a sheet has at most ${MOST_ROWS}.${cut} Shorten the text,`
      + ` or ${PAGES}`;
  }
  return "";
}
