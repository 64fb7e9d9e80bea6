/** What the formats share: the sheet's ink, and its text. */

/** The lines that have ink. */
export function written(sheet) {
  return sheet.lines.filter(Boolean);
}

/** What the sheet says. */
export function title(sheet) {
  return written(sheet).map((line) => line.text).join("\n");
}

/** Text inside XML: marked up where needed, a replacement character for what XML cannot hold. */
export function inXml(text) {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
