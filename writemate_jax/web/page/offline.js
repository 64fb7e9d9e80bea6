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
  if (method === "GET" && url.startsWith(registration.scope)) event.respondWith(answer(event.request));
});

async function keepAll() {
  const { files } = await (await fetch("config.json")).json();
  await (await caches.open(KEPT)).addAll(["./", "config.json", ...files]);
}

async function answer(request) {
  const kept = await caches.open(KEPT);
  try {
    const found = await fetch(request);
    if (found.ok) await kept.put(request, found.clone());
    return found;
  } catch (error) {
    const found = await kept.match(request, { ignoreSearch: true });
    if (found) return found;
    throw error;
  }
}
