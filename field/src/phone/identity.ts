/** What a number on a document, a name and a day of birth must look like, as people/rules.py has it. */

export type IdentityFault = "length" | "fifteen_digits" | "signs" | "division" | "birth_date" | "future" | "check_digit";

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const PROVINCES = /^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[123]|9[1-9])/;
const OLDEST = "1900-01-01";

/** Without blanks and hyphens, letters in capitals, full-width signs as ordinary ones. */
export const normalIdentity = (text: string): string =>
  text.normalize("NFKC").replace(/[\s\u200b\ufeff-]/g, "").toUpperCase();

/** What is wrong with the number of a resident's card in its normal form (GB 11643-1999), or null. */
export function identityFault(number: string, today: Date): IdentityFault | null {
  if (/^[0-9]{15}$/.test(number)) return "fifteen_digits";
  if (number.length !== 18) return "length";
  if (!/^[0-9]{17}[0-9X]$/.test(number)) return "signs";
  if (!PROVINCES.test(number)) return "division";
  const born = birthDateOf(number);
  if (born === null || born < OLDEST) return "birth_date";
  if (born > day(today)) return "future";
  return checkSign(number) === number[17] ? null : "check_digit";
}

export const isIdentity = (text: string, today: Date = new Date()): boolean =>
  identityFault(normalIdentity(text), today) === null;

/** Foreigners' permanent residence cards of today have 18 digits and begin with 9; 99 is for made-up residents. */
export const documentType = (number: string): "10" | "34" => (/^9[1-8]/.test(number) ? "34" : "10");

/** The 18th sign for the first 17 (ISO 7064 MOD 11-2). */
export function checkSign(digits: string): string {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(digits[at]), 0);
  return "10X98765432"[sum % 11] ?? "";
}

/** "1983-01-01", or null if there is no such day. */
export function birthDateOf(number: string): string | null {
  return isDay(`${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`);
}

export const sexOf = (number: string): "male" | "female" => (Number(number[16]) % 2 ? "male" : "female");

/** Whether somebody alive today can have been born on this day. */
export const isBirthDate = (text: string, today: Date): boolean => {
  const born = isDay(text);
  return born !== null && born >= OLDEST && born <= day(today);
};

function isDay(text: string): string | null {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return null;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text ? text : null;
}

const day = (at: Date): string =>
  `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`;

/** Letters of any script, two at least, no digits. */
export function isName(text: string): boolean {
  const name = text.normalize("NFKC").trim();
  return name.length > 1 && name.length <= 50 && /^[\p{L}\p{M} ·'’-]+$/u.test(name) && /\p{L}/u.test(name);
}
