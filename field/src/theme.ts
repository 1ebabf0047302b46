/**
 * Light or dark, before the first paint: loaded without `defer`, so no page flashes white at night.
 * The choice (automatic, light, dark) is kept on this device.
 */
export {};

type Choice = "auto" | "light" | "dark";

const night = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

function choice(): Choice {
  try {
    const kept = localStorage.getItem("appearance");
    return kept === "light" || kept === "dark" ? kept : "auto";
  } catch {
    return "auto"; // storage may be forbidden; the page works without
  }
}

function apply(): void {
  const chosen = choice();
  root.dataset["appearance"] = chosen;
  root.dataset["bsTheme"] = chosen === "auto" ? (night.matches ? "dark" : "light") : chosen;
  document.dispatchEvent(new CustomEvent("appearance"));
}

apply();
night.addEventListener("change", apply);
document.addEventListener("choose-appearance", (event) => {
  try {
    localStorage.setItem("appearance", (event as CustomEvent<Choice>).detail);
  } catch {
    // not kept, then
  }
  apply();
});
