/**
 * Residents' own pages, read aloud by the browser's own voice. Nothing else here needs a script: without one, or without
 * a voice, the button does not appear.
 */
export {};

const button = document.querySelector<HTMLButtonElement>("[data-read-aloud]");
const main = document.querySelector<HTMLElement>("main");
const LEFT_OUT = "form, button, script, svg, .my-ways, [hidden], .visually-hidden, [aria-hidden=true]";
const PART = "h1, h2, h3, h4, p, li, dt, dd, .btn, b, small, .state, .tag, label, legend";

/** What is on the page, in sentences short enough that no voice breaks off. Folded answers are not read. */
function sentences(root: HTMLElement): string[] {
  const found: string[] = [];
  let last = "";
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let block: Element | null = null;
  while (walk.nextNode()) {
    const at = walk.currentNode.parentElement;
    const text = walk.currentNode.textContent?.replace(/\s+/g, " ").trim() ?? "";
    if (!at || !text || at.closest(LEFT_OUT)) continue;
    const folded = at.closest("details:not([open])");
    if (folded && !at.closest("summary")) continue;
    const part = at.closest(PART);
    if (part !== block && last) {
      found.push(last);
      last = "";
    }
    block = part;
    last = last ? `${last} ${text}` : text;
  }
  if (last) found.push(last);
  return found.flatMap((one) => one.match(/[^。！？；.!?;]{1,160}[。！？；.!?;]?/g) ?? []).filter((one) => /[\p{L}\p{N}]/u.test(one));
}

/** A voice of the page's language; the browser's own choice if it knows none. */
function voice(language: string): SpeechSynthesisVoice | undefined {
  const start = language.slice(0, 2).toLowerCase();
  const all = speechSynthesis.getVoices().filter((one) => one.lang.toLowerCase().replace("_", "-").startsWith(start));
  return all.find((one) => one.localService) ?? all[0];
}

function say(text: string[], done: () => void): void {
  const language = document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en-GB";
  const chosen = voice(language);
  text.forEach((one, n) => {
    const spoken = new SpeechSynthesisUtterance(one);
    spoken.lang = language;
    spoken.rate = 0.9;
    if (chosen) spoken.voice = chosen;
    if (n === text.length - 1) spoken.onend = spoken.onerror = done;
    speechSynthesis.speak(spoken);
  });
}

if (button && main && "speechSynthesis" in window) {
  const words = button.querySelector("span");
  const show = (speaking: boolean): void => {
    button.setAttribute("aria-pressed", String(speaking));
    if (words) words.textContent = document.body.dataset[speaking ? "hush" : "aloud"] ?? "";
  };
  button.hidden = false;
  show(false);
  button.addEventListener("click", () => {
    const speaking = button.getAttribute("aria-pressed") === "true";
    speechSynthesis.cancel();
    show(!speaking);
    if (!speaking) say(sentences(main), () => show(false));
  });
  // A voice goes on after the page is left, in some browsers.
  addEventListener("pagehide", () => speechSynthesis.cancel());
}
