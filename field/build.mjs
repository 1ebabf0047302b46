/**
 * Builds everything the pages load into src/fangxian/web/static/web/ (git-ignored, packed in the wheel):
 * one self-contained IIFE and one style sheet per entry, the icon sprite, and the licences of what is inside.
 * No code splitting and no dynamic imports: Django hashes the file names, and a chunk imported by its
 * unhashed name would run twice.
 *
 * Everything is made beside what is served and then put in its place file by file, so that a page loaded during a
 * build finds all it asks for, and a build that fails changes nothing.
 */
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync, rmSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, crc32, deflateSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const served = join(here, "../src/fangxian/web/static/web");
const BUILDING = ".building-";
const out = join(served, BUILDING + process.pid); // on the same disk, or it could not be renamed

/** Bytes on the wire for the first start of the phone app, beside the decoder. */
const PHONE_LOAD_MOST = 400 * 1024;

/** Name used in templates → icon of @tabler/icons (outline). */
const icons = {
  activity: "activity", alert: "alert-triangle", ambulance: "ambulance", appearance: "contrast-2",
  arrow: "arrow-right", bell: "bell", box: "package", building: "building-community", bus: "bus",
  calendar: "calendar", check: "circle-check", checklist: "checklist", clipboard: "clipboard-list",
  car: "car", card: "id", clock: "clock-hour-4", close: "x", contacts: "affiliate", copy: "copy", door: "door", dots: "dots", down: "chevron-down",
  download: "download", edit: "edit", erase: "backspace", eye: "eye", file: "file-text", filter: "filter", flag: "flag",
  gate: "barrier-block", hand: "hand-stop", home: "home", info: "info-circle", key: "key", language: "language", left: "chevron-left",
  ledger: "book-2", link: "link", list: "list-details", lock: "lock", logout: "logout", map: "map-2",
  megaphone: "speakerphone", menu: "menu-2", mobile: "device-mobile", moon: "moon", mute: "volume-off", person: "user", phone: "phone", pin: "map-pin", plan: "route",
  play: "player-play", plus: "plus", print: "printer", qr: "qrcode", question: "help-circle", refuse: "ban", reset: "rotate",
  right: "chevron-right", scale: "scale", search: "search", send: "send", settings: "settings", shield: "shield-check",
  sheet: "file-spreadsheet", sound: "volume", stop: "hand-stop", sun: "sun", swab: "test-pipe", team: "users-group",
  transfer: "arrows-exchange", truck: "truck", upload: "upload", users: "users", virus: "virus", wifi_off: "wifi-off",
};
// Facts of the ledger (events.py) name their icons as Tabler does.
for (const icon of [
  "alert-triangle", "ban", "bell", "book", "clipboard-check", "file-text", "flask", "lock-open", "map-pin", "point",
  "refresh", "route", "shield-check", "test-pipe", "truck-delivery", "user-check", "user-plus", "user-x",
])
  icons[icon] ??= icon;

async function shapes(icon) {
  const svg = await readFile(join(here, `node_modules/@tabler/icons/icons/outline/${icon}.svg`), "utf8");
  return svg
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/[\s\S]*?<svg[^>]*>|<\/svg>[\s\S]*/g, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/g, "")
    .replace(/\s*\n\s*/g, "");
}

const strokes = 'fill="none" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';

async function sprite() {
  const symbols = await Promise.all(
    Object.entries(icons).map(
      async ([name, icon]) =>
        `<symbol id="${name}" viewBox="0 0 24 24" stroke="currentColor" ${strokes}>${await shapes(icon)}</symbol>`,
    ),
  );
  const text = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
  await writeFile(join(out, "sprite.svg"), text);
  const mark = `<rect width="32" height="32" rx="7" fill="#14508c"/><g transform="translate(4 4)" stroke="#fff" ${strokes}>${await shapes("shield-check")}</g>`;
  await writeFile(join(out, "mark.svg"), `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${mark}</svg>\n`);
}

/**
 * The app's picture for home screens, `side` pixels square: the shield of the mark on its blue, edge to edge, so that
 * any mask may be cut from it. Some launchers take no SVG.
 */
function picture(side) {
  const curve = ([x0, y0], [x1, y1], [x2, y2]) =>
    Array.from({ length: 25 }, (_, n) => n / 24).map((t) => [
      (1 - t) ** 2 * x0 + 2 * t * (1 - t) * x1 + t * t * x2, (1 - t) ** 2 * y0 + 2 * t * (1 - t) * y1 + t * t * y2,
    ]);
  const right = [...curve([12, 3], [15.4, 6.1], [20.5, 6]), ...curve([20.5, 6], [23.2, 17.3], [12, 21])];
  const lines = [right, right.map(([x, y]) => [24 - x, y]), [[9, 12], [11, 14], [15, 10]]];
  const away = (x, y) => {
    let least = Infinity;
    for (const line of lines)
      for (let n = 1; n < line.length; n++) {
        const [[ax, ay], [bx, by]] = [line[n - 1], line[n]];
        const [dx, dy] = [bx - ax, by - ay];
        const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
        least = Math.min(least, Math.hypot(x - ax - t * dx, y - ay - t * dy));
      }
    return least;
  };
  const scale = 24 / (side * 0.62);
  const bytes = Buffer.alloc(side * (side * 3 + 1));
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const far = away((x + 0.5 - side / 2) * scale + 12, (y + 0.5 - side / 2) * scale + 12) / scale;
      const white = Math.max(0, Math.min(1, 0.95 / scale + 0.5 - far));
      const at = y * (side * 3 + 1) + 1 + x * 3;
      [0x14, 0x50, 0x8c].forEach((blue, n) => (bytes[at + n] = Math.round(blue + (255 - blue) * white)));
    }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const begin = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([begin, chunk("IHDR", head), chunk("IDAT", deflateSync(bytes, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

/** The licence texts of every package whose code or drawings are in the output. */
async function licences(inputs) {
  const packages = new Set(["@tabler/icons"]);
  for (const input of inputs) {
    const inside = input.split("node_modules/").at(-1);
    if (inside !== input) packages.add(inside.split("/").slice(0, inside.startsWith("@") ? 2 : 1).join("/"));
  }
  const texts = await Promise.all(
    [...packages].sort().map(async (name) => {
      const folder = join(here, "node_modules", name);
      const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      const files = ["LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE"].map((f) => join(folder, f)).filter(existsSync);
      const bodies = await Promise.all(files.map((f) => readFile(f, "utf8")));
      return `${name} ${version} (${license})\n\n${bodies.join("\n")}`;
    }),
  );
  texts.push("zxing-cpp (Apache-2.0), compiled into decoder.wasm by zxing-wasm; the licence is that of this product");
  await writeFile(join(out, "LICENCES.txt"), texts.join(`\n${"-".repeat(78)}\n\n`));
}

process.on("exit", () => rmSync(out, { recursive: true, force: true }));
await mkdir(out, { recursive: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: [
    { in: "src/theme.ts", out: "theme" },
    { in: "src/app.ts", out: "app" },
    { in: "css/app.css", out: "app" },
    { in: "src/dashboard.ts", out: "dashboard" },
    { in: "src/map-only.ts", out: "map" },
    { in: "src/my.ts", out: "my" },
    { in: "src/hotline.ts", out: "hotline" },
    { in: "css/my.css", out: "my" },
    { in: "src/phone/main.ts", out: "phone" },
    { in: "css/phone.css", out: "phone" },
    { in: "sw/worker.ts", out: "worker" },
  ],
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome87", "firefox85", "safari14.1"],
  charset: "utf8",
  legalComments: "none",
  loader: { ".png": "file", ".svg": "file" },
  assetNames: "img/[name]",
  metafile: true,
  logLevel: "warning",
});
await Promise.all([
  sprite(),
  licences(Object.keys(result.metafile.inputs)),
  // The decoder stays a file of its own: it is compiled while it arrives, and a new app does not bring it anew.
  copyFile(join(here, "node_modules/zxing-wasm/dist/reader/zxing_reader.wasm"), join(out, "decoder.wasm")),
  ...[180, 192, 512].map((side) => writeFile(join(out, `phone-${side}.png`), picture(side))),
]);

const load = [];
for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) console.log(`${kib(bytes)}  ${file.split(sep).at(-1)}`);
for (const name of ["phone.js", "phone.css", "sprite.svg", "decoder.wasm"]) {
  const bytes = await readFile(join(out, name));
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length;
  console.log(`${kib(bytes.length)}  ${name}: ${kib(packed).trim()} on the wire`);
  if (name !== "decoder.wasm") load.push(packed);
}
const sum = load.reduce((a, b) => a + b);
console.log(`The phone app loads ${kib(sum).trim()} beside the decoder.`);
if (sum > PHONE_LOAD_MOST) throw new Error("the phone app has grown too heavy for its first load");
await putInPlace();

/** A renamed file is there before and after, the old one or the new one; what is no more goes last. */
async function putInPlace() {
  const files = async (folder) =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((one) => one.isFile())
      .map((one) => relative(folder, join(one.parentPath, one.name)));
  const made = await files(out);
  for (const name of made) {
    await mkdir(dirname(join(served, name)), { recursive: true });
    await rename(join(out, name), join(served, name));
  }
  const gone = (await files(served)).filter((name) => !made.includes(name) && !beingBuilt(name));
  await Promise.all(gone.map((name) => rm(join(served, name), { force: true })));
}

/** By another build that is still going. */
function beingBuilt(name) {
  if (!name.startsWith(BUILDING)) return false;
  try {
    return process.kill(parseInt(name.slice(BUILDING.length), 10), 0);
  } catch {
    return false;
  }
}

function kib(bytes) {
  return `${String(Math.ceil(bytes / 1024)).padStart(6)} KiB`;
}
