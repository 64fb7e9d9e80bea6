/**
 * The static site's service worker: keeps its files, so that it writes without a network, too.
 *
 * The network is asked first, so that a new version of the site is never missed.
 */
const KEPT = "writemate";

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
  try {
    const found = await fetch(request);
    if (found.ok) event.waitUntil(keep(request, found.clone()));
    return found;
  } catch (error) {
    const found = await (await caches.open(KEPT)).match(request, { ignoreSearch: true });
    if (found) return found;
    throw error;
  }
}

/** Beside the answer, which the page has even where it cannot be kept: storage is full, or it is a part of a file. */
async function keep(request, found) {
  try {
    await (await caches.open(KEPT)).put(request, found);
  } catch (error) {
    console.info(error);
  }
}
