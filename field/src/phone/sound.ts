/** What is heard and felt: everyone at the table knows the outcome without looking. */
import type { Signal } from "./types.ts";

/** Tones one after another: hertz, seconds. Rising is good, level needs a look, falling is no. */
const TONES: Readonly<Record<Signal, readonly (readonly [number, number])[]>> = {
  pass: [[880, 0.08], [1320, 0.14]],
  refer: [[660, 0.14], [0, 0.06], [660, 0.14]],
  stop: [[440, 0.18], [294, 0.38]],
  emergency: [[880, 0.09], [1175, 0.09], [1568, 0.22]],
  error: [[196, 0.12], [0, 0.05], [196, 0.12], [0, 0.05], [196, 0.18]],
};

/** Milliseconds on, off, on. */
const SHAKES: Readonly<Record<Signal, number[]>> = {
  pass: [60],
  refer: [90, 70, 90],
  stop: [350],
  emergency: [60, 40, 60, 40, 200],
  error: [60, 50, 60, 50, 60],
};

const KEY = "field-mute";

export class Sound {
  private context: AudioContext | null = null;

  constructor() {
    // Browsers let a page be heard only after somebody touched it.
    const wake = (): void => void this.ready()?.resume().catch(() => undefined);
    addEventListener("pointerdown", wake, { passive: true });
    addEventListener("keydown", wake, { passive: true });
  }

  get muted(): boolean {
    try {
      return localStorage.getItem(KEY) === "1";
    } catch {
      return false;
    }
  }

  set muted(value: boolean) {
    try {
      localStorage.setItem(KEY, value ? "1" : "");
    } catch {
      // not kept, then
    }
  }

  private ready(): AudioContext | null {
    const Context = globalThis.AudioContext ?? (globalThis as { webkitAudioContext?: typeof AudioContext }).webkitAudioContext;
    if (!this.context && Context) this.context = new Context();
    return this.context;
  }

  play(signal: Signal): void {
    try {
      navigator.vibrate?.(SHAKES[signal]);
    } catch {
      // not before the first touch
    }
    const context = this.muted ? null : this.ready();
    if (context?.state !== "running") return;
    let at = context.currentTime + 0.01;
    for (const [hertz, seconds] of TONES[signal]) {
      if (hertz > 0) this.tone(context, hertz, at, seconds);
      at += seconds;
    }
  }

  private tone(context: AudioContext, hertz: number, at: number, seconds: number): void {
    const [wave, loudness] = [context.createOscillator(), context.createGain()];
    wave.type = "triangle";
    wave.frequency.value = hertz;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.6, at + 0.01);
    loudness.gain.setValueAtTime(0.6, at + seconds - 0.02);
    loudness.gain.linearRampToValueAtTime(0, at + seconds);
    wave.connect(loudness).connect(context.destination);
    wave.start(at);
    wave.stop(at + seconds);
  }
}
