/**
 * Codes from the camera and from hand scanners.
 *
 * The camera is read by the browser's own BarcodeDetector where it knows both kinds of code, otherwise by
 * ZXing in WebAssembly: a small picture first, every third time a larger one with more effort, for labels
 * that are bent, far away or badly printed.
 */
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { Burst } from "./burst.ts";
import type { Assets, Scanner } from "./types.ts";

/** Why there is no picture. The other ways in are open: hand scanner, card, name. */
export class NoCamera extends Error {
  readonly reason: "refused" | "absent" | "busy" | "insecure";

  constructor(reason: NoCamera["reason"]) {
    super(reason);
    this.name = "NoCamera";
    this.reason = reason;
  }
}

type Read = (picture: HTMLCanvasElement, context: CanvasRenderingContext2D, harder: boolean) => Promise<string[]>;

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const SMALL = 640;
const LARGE = 1280;

/** The browser's own reader if it knows QR and Code 128; some say so and then fail at every picture. */
async function ownReader(): Promise<Read | null> {
  const Own = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (!Own) return null;
  try {
    const formats = ["qr_code", "code_128"];
    const known = await Own.getSupportedFormats();
    if (!formats.every((one) => known.includes(one))) return null;
    const detector = new Own({ formats });
    const empty = document.createElement("canvas");
    empty.width = empty.height = 32;
    await detector.detect(empty);
    return async (picture) => (await detector.detect(picture)).map((one) => one.rawValue);
  } catch {
    return null;
  }
}

function zxing(wasm: string): Read {
  prepareZXingModule({ overrides: { locateFile: () => wasm } });
  return async (picture, context, harder) => {
    const pixels = context.getImageData(0, 0, picture.width, picture.height);
    const found = await readBarcodes(pixels, {
      formats: ["QRCode", "Code128"],
      tryHarder: harder,
      maxNumberOfSymbols: 1,
    });
    return found.filter((one) => one.isValid).map((one) => one.text);
  };
}

async function open(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new NoCamera("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: LARGE }, height: { ideal: 720 } },
      audio: false,
    });
  } catch (trouble) {
    const name = trouble instanceof DOMException ? trouble.name : "";
    if (name === "NotAllowedError" || name === "SecurityError") throw new NoCamera("refused");
    throw new NoCamera(name === "NotReadableError" || name === "AbortError" ? "busy" : "absent");
  }
}

/** A code that stays in the picture is told once; again when it has been away for so long. */
const AWAY_MS = 1500;

export class Sighted {
  private readonly last = new Map<string, number>();

  /** Whether this is news. */
  see(text: string, time: number): boolean {
    const before = this.last.get(text);
    this.last.set(text, time);
    for (const [other, when] of this.last) if (time - when > AWAY_MS) this.last.delete(other);
    return before === undefined || time - before > AWAY_MS;
  }
}

export function scanner(assets: Assets): Scanner {
  let reader: Promise<Read> | undefined;
  const ready = (): Promise<Read> => (reader ??= ownReader().then((own) => own ?? zxing(assets.wasm)));

  const start = async (video: HTMLVideoElement, got: (text: string) => void): Promise<() => void> => {
    const [stream, read] = await Promise.all([open(), ready()]);
    video.srcObject = stream;
    await video.play().catch(() => undefined);
    const picture = document.createElement("canvas");
    const context = picture.getContext("2d", { willReadFrequently: true });
    const sighted = new Sighted();
    let on = true;
    let timer = 0;
    let turn = 0;

    const look = async (): Promise<void> => {
      if (!on) return;
      const started = performance.now();
      if (context && video.videoWidth > 0 && !document.hidden) {
        const harder = (turn += 1) % 3 === 0;
        const scale = Math.min(1, (harder ? LARGE : SMALL) / video.videoWidth);
        picture.width = Math.round(video.videoWidth * scale);
        picture.height = Math.round(video.videoHeight * scale);
        context.drawImage(video, 0, 0, picture.width, picture.height);
        try {
          for (const text of await read(picture, context, harder))
            if (on && sighted.see(text, performance.now())) got(text);
        } catch {
          // a picture that cannot be read is followed by another
        }
      }
      // A slow phone rests twice as long as it worked, so that touches are answered.
      if (on) timer = window.setTimeout(() => void look(), Math.max(50, 2 * (performance.now() - started)));
    };
    void look();

    return () => {
      on = false;
      clearTimeout(timer);
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    };
  };

  const wedge = (got: (text: string) => void): (() => void) => {
    const burst = new Burst();
    let field: HTMLInputElement | HTMLTextAreaElement | null = null;
    let before = "";

    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (burst.length === 0 || event.target !== field) {
        field =
          event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement ? event.target : null;
        before = field?.value ?? "";
      }
      const started = burst.length;
      const text = burst.press({ key: event.key, code: event.code, shiftKey: event.shiftKey, time: event.timeStamp });
      if (text === null) {
        if (burst.length <= started && field) before = field.value; // a person types: nothing to take back
        else if (burst.length > started && burst.length > 1 && !field) event.preventDefault(); // a blank would press a button
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      if (field) field.value = before; // what the scanner typed was not meant for this field
      got(text.trim());
    };
    addEventListener("keydown", press, { capture: true });
    return () => removeEventListener("keydown", press, { capture: true });
  };

  return { start, wedge };
}
