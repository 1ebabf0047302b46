/** What the page gives to its islands. */

/** The value of a `json_script` element, or null. */
export function json<T>(id: string | undefined): T | null {
  const text = id ? document.getElementById(id)?.textContent : null;
  return text ? (JSON.parse(text) as T) : null;
}

/** A colour or font of the style sheet, as it is now (light or dark). */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
