/**
 * The static site's service worker: keeps the site whole, so that it writes without a network, too.
 *
 * Everything is answered from one version, as its files need each other. Whenever the page is opened the network is asked
 * for another first, so that no new one is missed while it answers in time.
 */
const NAME = "writemate-"; // of what is kept, and the version behind it
const LIST = "config.json"; // names the site's version and files; it is kept last, so that what has it is whole
const PATIENCE = 5000; // ms for the network; a bad connection may let a request hang for minutes
const IMPATIENCE = 60_000; // ms in which, after a network that was late, what is kept is answered at once
let patientFrom = 0;

addEventListener("install", (event) => event.waitUntil(update()));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(registration.scope)) event.respondWith(answer(event));
});

async function answer(event) {
  if (event.request.mode === "navigate") await settle(event);
  const found = await (await kept())?.match(event.request, { ignoreSearch: true });
  return found ?? fetch(event.request);
}

/** Waits for what the network has, where something is kept that can be answered instead only for a while. */
async function settle(event) {
  const settled = update().catch((error) => console.info(error));
  event.waitUntil(settled);
  const late = new Promise((resolve) => setTimeout(resolve, Date.now() < patientFrom ? 0 : PATIENCE, "late"));
  if (await Promise.race([settled, late]) === "late") patientFrom = Math.max(patientFrom, Date.now() + IMPATIENCE);
}

/** Keeps the version that the network has; nothing where the site is no longer there. */
async function update() {
  const list = await fetch(LIST, { cache: "no-cache" });
  if (list.status >= 400 && list.status < 500) return forget();
  const { site, files } = await list.clone().json();
  const name = `${NAME}${site}`, cache = await caches.open(name);
  if (!await cache.match(LIST)) {
    try {
      await cache.addAll(["./", ...files].map((file) => new Request(file, { cache: "no-cache" })));
      await cache.put(LIST, list);
    } catch (error) { // with no room for two versions the old one would be answered for ever
      if (error.name === "QuotaExceededError") await forget();
      throw error;
    }
  }
  await forget(name);
}

/** What is kept: the last version that is whole. */
async function kept() {
  for (const name of (await caches.keys()).reverse()) {
    const cache = name.startsWith(NAME) && await caches.open(name);
    if (cache && await cache.match(LIST)) return cache;
  }
  return undefined;
}

async function forget(but) {
  for (const name of await caches.keys()) {
    if (name !== but && name.startsWith("writemate")) await caches.delete(name);
  }
}
