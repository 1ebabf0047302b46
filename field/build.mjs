/**
 * Builds everything the pages load into src/fangxian/web/static/web/ (git-ignored, packed in the wheel):
 * one self-contained IIFE and one style sheet per entry, the icon sprite, and the licences of what is inside.
 * No code splitting and no dynamic imports: Django hashes the file names, and a chunk imported by its
 * unhashed name would run twice.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../src/fangxian/web/static/web");

/** Name used in templates → icon of @tabler/icons (outline). */
const icons = {
  activity: "activity", alert: "alert-triangle", ambulance: "ambulance", appearance: "contrast-2",
  arrow: "arrow-right", bell: "bell", box: "package", building: "building-community", bus: "bus",
  calendar: "calendar", check: "circle-check", checklist: "checklist", clipboard: "clipboard-list",
  clock: "clock-hour-4", close: "x", contacts: "affiliate", copy: "copy", door: "door", down: "chevron-down",
  download: "download", edit: "edit", eye: "eye", file: "file-text", filter: "filter", flag: "flag",
  gate: "barrier-block", home: "home", info: "info-circle", key: "key", language: "language", left: "chevron-left",
  ledger: "book-2", link: "link", list: "list-details", lock: "lock", logout: "logout", map: "map-2",
  megaphone: "speakerphone", moon: "moon", person: "user", phone: "phone", pin: "map-pin", plan: "route",
  play: "player-play", plus: "plus", print: "printer", question: "help-circle", refuse: "ban", reset: "rotate",
  right: "chevron-right", scale: "scale", search: "search", send: "send", settings: "settings", shield: "shield-check",
  sheet: "file-spreadsheet", stop: "hand-stop", sun: "sun", swab: "test-pipe", team: "users-group",
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
  await writeFile(join(out, "LICENCES.txt"), texts.join(`\n${"-".repeat(78)}\n\n`));
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: [
    { in: "src/theme.ts", out: "theme" },
    { in: "src/app.ts", out: "app" },
    { in: "css/app.css", out: "app" },
    { in: "src/dashboard.ts", out: "dashboard" },
    { in: "src/map-only.ts", out: "map" },
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
await Promise.all([sprite(), licences(Object.keys(result.metafile.inputs))]);

for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
  console.log(`${String(Math.ceil(bytes / 1024)).padStart(6)} KiB  ${file.split(sep).at(-1)}`);
}
