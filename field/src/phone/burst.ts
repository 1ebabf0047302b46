/**
 * Tells a hand scanner from a person: a scanner types a whole code in a burst and ends with Enter.
 *
 * While a Chinese input method is on, the browser calls every key "Process"; the place of the key on the
 * board is known all the same, and scanners type as a US keyboard does.
 */

export interface Key {
  key: string;
  code: string;
  shiftKey: boolean;
  /** Milliseconds, of any clock that does not jump. */
  time: number;
}

/**
 * People manage about 80 ms a key in their best moments; scanners take 1 to 30. One gap may be longer, when
 * the phone had something else to do.
 */
const MEAN_MS = 45;
const GAP_MS = 200;
const SHORTEST = 6;

const PLAIN: Readonly<Record<string, string>> = {
  Space: " ", Minus: "-", Equal: "=", Period: ".", Slash: "/", Semicolon: ";", Quote: "'", Comma: ",",
  BracketLeft: "[", BracketRight: "]", Backslash: "\\", Backquote: "`",
};
const SHIFTED: Readonly<Record<string, string>> = {
  Digit1: "!", Digit2: "@", Digit3: "#", Digit4: "$", Digit5: "%", Digit6: "^", Digit7: "&", Digit8: "*",
  Digit9: "(", Digit0: ")", Minus: "_", Equal: "+", Period: ">", Slash: "?", Semicolon: ":", Quote: '"',
  Comma: "<", BracketLeft: "{", BracketRight: "}", Backslash: "|", Backquote: "~", Space: " ",
};

/** The sign that a key types on a US board; "" for keys that type none. */
function sign({ key, code, shiftKey }: Key): string {
  if (key.length === 1 && key.charCodeAt(0) < 128) return key;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter !== undefined) return shiftKey ? letter : letter.toLowerCase();
  if (shiftKey) return SHIFTED[code] ?? "";
  return PLAIN[code] ?? /^(?:Digit|Numpad)([0-9])$/.exec(code)?.[1] ?? "";
}

export class Burst {
  private text = "";
  private first = 0;
  private last = -Infinity;

  /** The whole text when this key ends a burst, otherwise null. */
  press(key: Key): string | null {
    const goesOn = key.time - this.last <= GAP_MS;
    if (key.key === "Enter" || key.key === "Tab" || key.code === "Enter" || key.code === "NumpadEnter") {
      const mean = (this.last - this.first) / Math.max(1, this.text.length - 1);
      const whole = goesOn && mean <= MEAN_MS && this.text.length >= SHORTEST ? this.text : null;
      this.text = "";
      this.last = -Infinity;
      return whole;
    }
    const typed = sign(key);
    if (typed === "") return null; // Shift and its like come between signs
    this.text = goesOn ? this.text + typed : typed;
    if (!goesOn) this.first = key.time;
    this.last = key.time;
    return null;
  }

  get length(): number {
    return this.text.length;
  }
}
