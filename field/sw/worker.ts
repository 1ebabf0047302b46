/**
 * Serves the phone app without network. The server puts VERSION and FILES before this (sync/phone.py): every file of
 * this version with the digest of its content, the page itself among them, so that a page is never shown without the
 * scripts it asks for. A new version waits until the page says that nothing is being written.
 */
export {};

declare const VERSION: string;
declare const FILES: readonly (readonly [address: string, digest: string])[];
declare const self: ServiceWorkerGlobalScope;

const CACHE = `field-${VERSION}`;
const keys = new Map(FILES.map(([address, digest]) => [address, `${address}?${digest}`]));

/** What the version before has already, such as the decoder, is taken from there. */
async function fetchInto(cache: Cache, address: string, key: string): Promise<void> {
  const before = await caches.match(key);
  const answer = before ?? (await fetch(address, { cache: "reload", credentials: "omit" }));
  if (!answer.ok || answer.redirected) throw new Error(`${address}: ${answer.status}`);
  await cache.put(key, answer);
}

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => Promise.all([...keys].map(([address, key]) => fetchInto(cache, address, key)))));
});

self.addEventListener("activate", (event) => {
  const forget = async (): Promise<void> => {
    const old = (await caches.keys()).filter((name) => name.startsWith("field-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(forget());
});

self.addEventListener("message", (event) => {
  if (event.data === "renew") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const key = event.request.method === "GET" && url.origin === self.location.origin ? keys.get(url.pathname) : undefined;
  if (!key) return;
  const serve = async (): Promise<Response> => (await (await caches.open(CACHE)).match(key)) ?? fetch(event.request);
  event.respondWith(serve());
});
