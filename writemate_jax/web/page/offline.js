/**
 * The static site's service worker: keeps its files, so that it writes without a network, too.
 *
 * The network is asked first, so that no new version of the site is missed while it answers in time.
 */
const KEPT = "writemate";
const PATIENCE = 5000; // ms for an answer to begin; a bad connection may let a request hang for minutes
const IMPATIENCE = 60_000; // ms in which, after one that was late, what is kept is answered at once
let patientFrom = 0; // modules are asked for one behind the other, and each would be waited for

addEventListener("install", (event) => event.waitUntil(keepAll()));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(registration.scope)) event.respondWith(answer(event));
});

async function keepAll() {
  const { files } = await (await fetch("config.json")).json();
  await (await caches.open(KEPT)).addAll(["./", "config.json", ...files]);
}

async function answer(event) {
  const { request } = event;
  const asked = fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, Date.now() < patientFrom ? 0 : PATIENCE, "late"));
  const found = await Promise.race([asked.catch(() => null), late]);
  if (found === "late") patientFrom = Math.max(patientFrom, Date.now() + IMPATIENCE);
  else if (found?.ok) event.waitUntil(keep(request, found.clone()));
  if (found?.status < 500) return found;
  return (await (await caches.open(KEPT)).match(request, { ignoreSearch: true })) ?? asked;
}

/** Beside the answer, which the page has even where it cannot be kept: storage is full, or it is a part of a file. */
async function keep(request, found) {
  try {
    await (await caches.open(KEPT)).put(request, found);
  } catch (error) {
    console.info(error);
  }
}
