/** People without a code: by identity number, or by name and date of birth. All count the same. */
import { documentType, isIdentity, normalIdentity } from "./identity.ts";
import { newId } from "./outbox.ts";
import { metByIdentity, metBySpoken, metByWord, readLabel } from "./reading.ts";
import type { Met } from "./reading.ts";

import type { Phone, Provisional } from "./types.ts";

/** Ask who it is; null if the sheet was put away. A gate may have a printed list of who passes. */
export async function askWho(phone: Phone, hasList = false): Promise<Met | null> {
  const { say, words } = phone;
  const way = await say.ask(words("whoWay"), [
    { value: "identity", label: words("whoIdentity"), look: "main" },
    ...(hasList ? [{ value: "list", label: words("gateList") }] : []),
    { value: "word", label: words("whoWord"), detail: words("whoWordAbout") },
  ]);
  if (way === "identity") return askIdentity(phone);
  const met = way === null ? null : await askWord(phone);
  return met && way === "list" ? { ...met, shown: "list" } : met;
}

export async function askIdentity(phone: Phone): Promise<Met | null> {
  const { say, words } = phone;
  const found = await say.form(
    words("whoIdentity"),
    [
      {
        name: "identity",
        label: words("whoNumber"),
        kind: "identity",
        required: true,
        hint: words("whoNumberHint"),
        check: (value) =>
          isIdentity(normalIdentity(value)) || readLabel("C", value) ? null : words("whoNumberOdd"),
      },
    ],
    words("done"),
  );
  if (!found) return null;
  const spoken = readLabel("C", found["identity"] ?? "");
  return spoken === null ? metByIdentity(normalIdentity(found["identity"] ?? "")) : metBySpoken(spoken);
}

export async function askWord(phone: Phone): Promise<Met | null> {
  const { say, words } = phone;
  const found = await say.form(
    words("whoWord"),
    [
      { name: "name", label: words("whoName"), kind: "text", required: true },
      {
        name: "born",
        label: words("whoBorn"),
        kind: "number",
        required: true,
        check: (value) => (born(value, phone.now()) ? null : words("whoBornOdd")),
      },
      {
        name: "kind",
        label: words("whoKind"),
        kind: "choice",
        value: "visitor",
        choices: [
          { value: "visitor", label: words("whoVisitor") },
          { value: "tourist", label: words("whoTourist") },
          { value: "infant", label: words("whoInfant") },
          { value: "foreigner", label: words("whoForeigner") },
        ],
      },
      { name: "phone", label: words("whoPhone"), kind: "tel" },
      { name: "identity", label: words("whoPassport"), kind: "text" },
    ],
    words("done"),
  );
  if (!found) return null;
  const person: Provisional = {
    provisional: newId(),
    name: found["name"] ?? "",
    kind: (found["kind"] ?? "other") as Provisional["kind"],
  };
  const day = born(found["born"] ?? "", phone.now());
  if (day) person.born = day;
  if (found["phone"]) person.phone = found["phone"];
  const document = normalIdentity(found["identity"] ?? "");
  if (document) {
    person.identity = document;
    person.type = isIdentity(document) ? documentType(document) : "20";
  }
  return metByWord(person);
}

/** Eight digits as a date that has been, or null. */
export function born(text: string, today: Date): string | null {
  const found = /^(\d{4})[-./]?(\d{2})[-./]?(\d{2})$/.exec(text.trim());
  if (!found) return null;
  const day = `${found[1]}-${found[2]}-${found[3]}`;
  const time = Date.parse(`${day}T00:00:00Z`);
  // "2022-02-30" is read as the second of March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day) return null;
  return time > today.getTime() || day < "1900-01-01" ? null : day;
}
