/**
 * The static site's service worker: keeps the site whole, so that it writes without a network, too.
 *
 * A page is answered from one version, as its files need each other. Whenever it is opened the network is asked for another
 * first, so that no new one is missed while it answers in time.
 */
// Of what is kept, and the version behind it; a host may have other sites of WriteMate in other folders.
const NAME = `writemate-${new URL(registration.scope).pathname}-`;
const LIST = "config.json"; // names the site's version and files; it is kept last, so that what has it is whole
const PATIENCE = 5000; // ms for the network; a bad connection may let a request hang for minutes
const IMPATIENCE = 60_000; // ms in which, after a network that was late, what is kept is answered at once
const versions = new Map(); // the store that each open page, and each worker of one, is answered from
let patientFrom = 0;

addEventListener("install", (event) => event.waitUntil(keepLatest()));
addEventListener("activate", (event) => event.waitUntil(Promise.all([clients.claim(), drop()])));
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(registration.scope)) event.respondWith(answer(event));
});

async function answer(event) {
  const { request, clientId, resultingClientId } = event;
  if (request.mode === "navigate") await settle(event);
  const name = (request.mode !== "navigate" && versions.get(clientId)) || await kept();
  if (resultingClientId && name) versions.set(resultingClientId, name);
  const found = name && await (await caches.open(name)).match(request, { ignoreSearch: true });
  return found || fetch(request);
}

/** Waits for what the network has, where something is kept that can be answered instead only for a while. */
async function settle(event) {
  const settled = keepLatest().then(drop).catch((error) => console.info(error));
  event.waitUntil(settled);
  const late = new Promise((resolve) => setTimeout(resolve, Date.now() < patientFrom ? 0 : PATIENCE, "late"));
  if (await Promise.race([settled, late]) === "late") patientFrom = Math.max(patientFrom, Date.now() + IMPATIENCE);
}

/** Keeps the version that the network has. */
async function keepLatest() {
  const list = await fetch(LIST, { cache: "no-cache" });
  if (list.status === 404 || list.status === 410) return leave();
  if (!list.ok) return;
  const { engine, site, files } = await list.clone().json();
  if (engine !== "browser") return leave(); // a server has the site's place
  const last = await kept();
  if (last && (await (await (await caches.open(last)).match(LIST)).json()).site === site) return;
  // Where the host went back to one that is kept, that is kept once more: what is kept last is answered.
  const former = await caches.open(`${NAME}${site}`), again = await former.match(LIST);
  const name = again ? `${NAME}${site}-${crypto.randomUUID()}` : `${NAME}${site}`;
  const cache = again ? await caches.open(name) : former;
  try {
    await Promise.all(Object.entries(files).map(([file, digest]) => keep(cache, file, digest, again && former)));
    await cache.put(LIST, list);
  } catch (error) {
    // A connection that is lost is a TypeError. For want of room, or where a host never has one version, the old one would be
    // answered for ever.
    await (error instanceof TypeError ? caches.delete(name) : forget());
    throw error;
  }
}

async function keep(cache, file, digest, former) {
  const answer = (former && await former.match(file)) || await fetch(file, { cache: "no-cache" });
  const bytes = await answer.arrayBuffer();
  if (answer.status >= 500) throw new TypeError(`${file}: ${answer.status}`); // for now, as a connection that is lost
  if (!answer.ok || hex(await crypto.subtle.digest("SHA-256", bytes)) !== digest) {
    throw new Error(`${file} is not of this version`);
  }
  const headers = new Headers(answer.headers); // less what is of the way that it came
  for (const name of ["content-encoding", "content-length", "vary"]) headers.delete(name);
  await cache.put(file, new Response(bytes, { headers }));
  if (file === "index.html") await cache.put("./", new Response(bytes, { headers }));
}

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The name of what is kept: the last version that is whole. */
async function kept() {
  for (const name of (await caches.keys()).reverse()) {
    if (name.startsWith(NAME) && await (await caches.open(name)).match(LIST)) return name;
  }
  return undefined;
}

/** Drops all versions but the last, and those that open pages are of. */
async function drop() {
  for (const id of versions.keys()) if (!await clients.get(id)) versions.delete(id);
  const last = await kept();
  if (last) await forget([last, ...versions.values()]);
}

async function forget(but = []) {
  for (const name of await caches.keys()) {
    if (!but.includes(name) && await isOurs(name)) await caches.delete(name);
  }
}

/** Whether a store is this site's: by its name or, of an earlier worker's, by where what it keeps lies. */
async function isOurs(name) {
  if (!/^writemate(-[0-9a-f]+)?$/.test(name)) return name.startsWith(NAME);
  const [first] = await (await caches.open(name)).keys();
  return !first || first.url.startsWith(registration.scope);
}

async function leave() {
  await forget();
  await registration.unregister();
}
