/** The viewfinder of a mode: picture, frame, what to point it at, a light; and what to do without a camera. */
import { NoCamera } from "./scan.ts";
import type { Phone } from "./types.ts";
import { button, h, icon } from "./ui.ts";

export interface Camera {
  element: HTMLElement;
  /** What to point it at. */
  hint(text: string): void;
  start(): void;
  stop(): void;
}

interface Torch extends MediaTrackCapabilities {
  torch?: boolean;
}

const WHY = {
  refused: "camRefused", absent: "camAbsent", busy: "camBusy", insecure: "camInsecure",
} as const;

export function camera(phone: Phone, got: (text: string) => void): Camera {
  const { words } = phone;
  const video = h("video", { muted: true, playsinline: true, "aria-hidden": "true" });
  video.muted = true;
  const line = h("p");
  const light = h("button.light", { type: "button", hidden: true, "aria-pressed": "false", onclick: () => void flash() }, icon("sun"), h("span", null, words("camLight")));
  const off = h("div.dark", { hidden: true });
  const element = h("div.camera", null, video, h("div.frame", { "aria-hidden": "true" }), line, light, off);
  let end: (() => void) | null = null;
  let wanted = false;

  const track = (): MediaStreamTrack | undefined => (video.srcObject as MediaStream | null)?.getVideoTracks()[0];

  const flash = async (): Promise<void> => {
    const on = light.getAttribute("aria-pressed") !== "true";
    try {
      await track()?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
      light.setAttribute("aria-pressed", String(on));
    } catch {
      light.hidden = true; // it said that it had one
    }
  };

  const say = (text: string, retry: string): void => {
    off.hidden = false;
    off.replaceChildren(h("p", null, text), button(retry, start, "alt"));
  };

  const start = (): void => {
    if (wanted) return;
    wanted = true;
    off.hidden = true;
    void phone.scanner
      .start(video, got)
      .then((stop) => {
        if (!wanted) return stop();
        end = stop;
        light.hidden = (track()?.getCapabilities?.() as Torch | undefined)?.torch !== true;
        light.setAttribute("aria-pressed", "false");
        // Another app may take the camera away.
        track()?.addEventListener("ended", () => {
          if (end === stop) stopNow();
          say(words("camBusy"), words("again"));
        });
      })
      .catch((trouble: unknown) => {
        wanted = false;
        say(words(WHY[trouble instanceof NoCamera ? trouble.reason : "absent"]), words("again"));
      });
  };

  const stopNow = (): void => {
    wanted = false;
    end?.();
    end = null;
  };

  return {
    element,
    hint: (text) => {
      if (line.textContent !== text) line.textContent = text;
    },
    start,
    stop: stopNow,
  };
}
