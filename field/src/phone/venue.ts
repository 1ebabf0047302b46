/** The door of a venue: somebody stands there and scans who comes in. Visitors need no app and no phone. */
import { camera } from "./camera.ts";
import { isIdentity } from "./identity.ts";
import { DoorList } from "./doorlist.ts";
import type { Venue } from "./doorlist.ts";
import { askWho } from "./persons.ts";
import { read } from "./reading.ts";
import type { Met } from "./reading.ts";
import type { Mode, Phone } from "./types.ts";
import { button, h } from "./ui.ts";
import { badCode, heardByQuestion, inTurn, pickPlace } from "./work.ts";

class VenueScreen {
  private readonly root: HTMLElement;
  private readonly phone: Phone;
  private readonly list: DoorList;
  private readonly camera;
  private readonly panel: HTMLElement;
  private readonly body = h("div.work");
  private readonly dock = h("div.dock");
  private readonly run;

  constructor(root: HTMLElement, phone: Phone, list: DoorList) {
    this.root = root;
    this.phone = phone;
    this.list = list;
    this.run = inTurn(phone, () => this.draw());
    this.camera = camera(phone, (text) => this.scanned(text));
    this.panel = phone.say.panel();
  }

  show(): () => void {
    const quiet = [
      this.phone.scanner.wedge((text) => this.scanned(text)),
      this.phone.feed.on("venues", () => this.list.shift ?? this.draw()),
    ];
    this.enter();
    return () => {
      for (const stop of quiet) stop();
      this.camera.stop();
    };
  }

  private enter(): void {
    if (this.list.shift) {
      this.root.replaceChildren(this.camera.element, this.panel, this.body, this.dock);
      this.phone.say.clear(this.phone.words("venueScan"));
      this.camera.hint(this.phone.words("venueScan"));
      this.camera.start();
    } else {
      this.camera.stop();
      this.root.replaceChildren(this.body, this.dock);
    }
    this.draw();
  }

  private draw(): void {
    const { words, say, feed } = this.phone;
    const { shift, recent, today, thisHour } = this.list;
    if (!shift) {
      say.heading(words("modeVenue"), feed.part<{ name: string }>("me")?.name ?? "");
      const venues = feed.part<Venue[]>("venues") ?? [];
      pickPlace(this.phone, this.body, this.dock, venues, words("venueWhich"), () => "", (venue) =>
        void this.run(async () => {
          await this.list.startShift(venue);
          this.enter();
        }),
      );
      return;
    }
    say.heading(shift.name, words("venueHeading", { n: today }));
    this.body.replaceChildren(
      h(
        "section.card", null,
        h(
          "div.figures", null,
          h("div", null, h("b", null, String(today)), h("span", null, words("venueToday"))),
          h("div", null, h("b", null, String(thisHour)), h("span", null, words("venueThisHour"))),
        ),
      ),
      ...(recent.length
        ? [
            h(
              "section.card.past", { "aria-label": words("gateRecent") },
              h("ul.rows", null, ...recent.slice(0, 3).map((one) => h("li", null, h("span", null, one.label || words("gateSomebody")), h("span.end", null, words.time(one.at))))),
            ),
          ]
        : []),
    );
    this.dock.className = "dock main-first";
    this.dock.replaceChildren(
      button(words("noCode"), () => void this.noCode(), "main", "card"),
      button(words("endShift"), () => void this.end(), "alt"),
    );
  }

  private scanned(text: string): void {
    if (heardByQuestion(this.phone, text)) return;
    if (!this.list.shift) return this.phone.say.error(this.phone.words("shiftFirst"));
    void this.run(async () => {
      const { say, words } = this.phone;
      const reading = await read(text, this.phone.codes, isIdentity);
      if (reading.what === "person") return this.met(reading.met);
      if (reading.what === "bad_code") return say.verdict("stop", badCode(words, reading.trouble), words("unreadableAbout"));
      if (reading.what === "bad_identity") return say.verdict("error", words("wrongIdentity"), words("wrongIdentityAbout"));
      say.verdict("error", words("unreadable"), words("unreadableAbout"));
    });
  }

  private async met(met: Met): Promise<void> {
    const { say, words, codes } = this.phone;
    const news = await this.list.visit(met);
    const who = met.label || words("gateSomebody");
    if (await codes.alert(met.ref)) return say.verdict("refer", words("venueRefer"), [who, words("rule_alert")].join(" · "));
    say.verdict("pass", words("venueKept", { who }), news ? words("venueAbout", { n: this.list.today }) : words("gateAgain"));
  }

  private async noCode(): Promise<void> {
    const met = await askWho(this.phone);
    if (met) await this.run(() => this.met(met));
  }

  private async end(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const { shift } = this.list;
    if (!shift) return;
    const sure = await say.ask(words("venueEndAsk", { n: shift.visits }), [{ value: "end", label: words("endShift"), look: "main" }]);
    if (sure === null) return;
    await this.run(async () => {
      await this.list.endShift();
      say.note(words("gateEnded"));
      this.enter();
    });
  }
}

export const venue: Mode = {
  name: "venue",
  show: (root, phone) => {
    let leave = (): void => undefined;
    let left = false;
    void DoorList.load(phone.outbox, phone.store, () => phone.now()).then((list) => {
      if (!left) leave = new VenueScreen(root, phone, list).show();
    });
    return () => {
      left = true;
      leave();
    };
  },
};
