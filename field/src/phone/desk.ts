/** The sampling desk: scan a tube, scan people, seal, pack. One screen, one next action, no network needed. */
import { camera } from "./camera.ts";
import { isIdentity } from "./identity.ts";
import { DeskWork, LabelUsed } from "./deskwork.ts";
import type { Box, Point } from "./deskwork.ts";
import { askWho } from "./persons.ts";
import { capacity } from "./pools.ts";
import type { Pools } from "./pools.ts";
import { read, readLabel } from "./reading.ts";
import type { Met } from "./reading.ts";
import type { Mode, Phone } from "./types.ts";
import { button, h, icon } from "./ui.ts";
import { askQueue, badCode, heardByQuestion, inTurn, pickNumber, pickPlace } from "./work.ts";

type Stage = "begin" | "table" | "boxes";

class DeskScreen {
  private readonly root: HTMLElement;
  private readonly phone: Phone;
  private readonly work: DeskWork;
  private readonly camera;
  private readonly panel: HTMLElement;
  private readonly body = h("div.work");
  private readonly dock = h("div.dock");
  private readonly run;
  private stage: Stage = "begin";
  private singleNext = false;
  private untested = "";
  private box: { barcode: string; tubes: string[] } | null = null;

  constructor(root: HTMLElement, phone: Phone, work: DeskWork) {
    this.root = root;
    this.phone = phone;
    this.work = work;
    this.run = inTurn(phone, () => this.draw());
    this.camera = camera(phone, (text) => this.scanned(text));
    this.camera.element.classList.add("low");
    this.panel = phone.say.panel();
  }

  show(): () => void {
    const quiet = [
      this.phone.scanner.wedge((text) => this.scanned(text)),
      this.phone.feed.on("points", () => this.stage === "begin" && this.draw()),
      this.phone.feed.on("pools", () => this.draw()),
    ];
    this.enter(this.work.shift ? "table" : "begin");
    return () => {
      for (const stop of quiet) stop();
      this.camera.stop();
    };
  }

  private get pools(): Pools | undefined {
    return this.phone.feed.part<Pools>("pools");
  }

  private enter(stage: Stage): void {
    this.stage = stage;
    if (stage === "begin") {
      this.camera.stop();
      this.root.replaceChildren(this.body, this.dock);
    } else if (!this.camera.element.isConnected) {
      this.root.replaceChildren(this.camera.element, this.panel, this.body, this.dock);
      this.camera.start();
    }
    this.phone.say.clear(this.idle());
    this.draw();
    this.root.scrollTop = 0;
  }

  private idle(): string {
    const { words } = this.phone;
    if (this.stage === "boxes") return this.box ? words("deskScanInto", { box: this.box.barcode }) : words("deskScanBox");
    if (this.untested) return words("deskUntestedWho");
    if (this.work.next) return words("deskScanSingle");
    const { tube } = this.work;
    if (!tube) return words("deskScanTube");
    if (tube.swabs.length >= tube.capacity) return words("deskFull");
    return words(this.singleNext ? "deskSingleNextAbout" : "deskScanPerson");
  }

  private draw(): void {
    this.heading();
    if (this.stage === "begin") this.drawBegin();
    else if (this.stage === "boxes") this.drawBoxes();
    else this.drawTable();
    this.camera.hint(this.idle());
  }

  private heading(): void {
    const { words, say } = this.phone;
    const { shift } = this.work;
    if (shift) say.heading(shift.name, words("deskHeading", { table: shift.table, swabs: shift.swabs, tubes: shift.tubes }));
    else say.heading(words("modeDesk"), this.phone.feed.part<{ name: string }>("me")?.name ?? "");
  }

  // ---- before the shift

  private drawBegin(): void {
    const { words, feed } = this.phone;
    const points = feed.part<Point[]>("points") ?? [];
    const about = (point: Point): string =>
      point.round
        ? words("deskRound", { name: point.round.name, time: words.time(point.round.deadline) })
        : words("deskNoRound");
    pickPlace(this.phone, this.body, this.dock, points, words("deskPoint"), about, (point) =>
      this.run(async () => {
        const table =
          point.tables.length === 1
            ? (point.tables[0] ?? 1)
            : await pickNumber(this.phone, words("deskTable"), point.tables);
        if (table === null) return;
        await this.work.startShift(point, table);
        this.enter("table");
      }),
    );
  }

  // ---- the table

  private drawTable(): void {
    const { words } = this.phone;
    const { tube, next, aside } = this.work;
    const more = h("button.big.alt.dots-button", { type: "button", "aria-label": words("more"), onclick: () => void this.more() }, icon("dots"));
    const noCode = button(words("noCode"), () => void this.noCode(), "alt");
    this.dock.className = "dock with-more";
    if (next || !tube) {
      const type = button(words("deskTypeLabel"), () => void this.typeLabel());
      const cancel = next && button(words("deskCancelSingle"), () => void this.run(() => this.notNow()), "alt");
      this.body.replaceChildren(...(next ? [] : [this.kinds()]), ...(aside ?? (next && tube) ? [this.asideLine()] : []));
      this.dock.replaceChildren(cancel ?? noCode, type, more);
      return;
    }
    const full = tube.swabs.length >= tube.capacity;
    const seal = button(
      words("deskSealN", { n: tube.swabs.length }), () => void this.seal(), full ? "main" : "alt",
    );
    seal.disabled = tube.swabs.length === 0;
    noCode.disabled = full;
    this.dock.replaceChildren(noCode, seal, more);
    this.body.replaceChildren(this.tubeCard(), ...(aside ? [this.asideLine()] : []));
  }

  private tubeCard(): HTMLElement {
    const { words } = this.phone;
    const { tube } = this.work;
    if (!tube) return h("div");
    const n = tube.swabs.length;
    const last = tube.swabs[tube.swabs.length - 1];
    const slots = h("div.slots", { "aria-hidden": "true", class: tube.capacity > 10 ? "slots many" : "slots" });
    for (let at = 0; at < tube.capacity; at += 1) slots.append(h("i", { class: at < n ? "on" : "" }));
    return h(
      "section.card.tube",
      { class: n >= tube.capacity ? "card tube full" : "card tube" },
      h("header", null, h("b.code", null, tube.barcode), h("span.tag", null, this.kindName(tube.group, tube.capacity))),
      h("p.count", null, h("b", null, String(n)), h("span", null, ` / ${tube.capacity}`)),
      slots,
      last &&
        h(
          "p.last", null,
          h("span", null, `${last.label} · ${words.time(last.at)}`),
          h("button.undo", { type: "button", onclick: () => void this.undo() }, icon("reset"), h("span", null, words("deskUndo"))),
        ),
    );
  }

  private asideLine(): HTMLElement {
    const pool = this.work.aside ?? this.work.tube;
    return h("p.aside", null, this.phone.words("deskAside", { tube: pool?.barcode ?? "", n: pool?.swabs.length ?? 0 }));
  }

  private kindName(group: string, holds: number): string {
    const { words } = this.phone;
    if (group === "household") return words("deskHousehold");
    return holds === 1 ? words("deskSingle") : words("deskPool", { n: holds });
  }

  /** The kinds of tube of the pack in force: one choice for each size, the ordinary one first. */
  private kinds(): HTMLElement {
    const { words } = this.phone;
    const groups = Object.keys(this.pools?.groups ?? { general: 1 });
    const ordinary = capacity(this.pools, "general");
    const offered = new Map<number | "household", string>([[ordinary, "general"]]);
    if (groups.includes("household")) offered.set("household", "household");
    for (const group of groups) {
      const size = capacity(this.pools, group);
      if (group !== "household" && !offered.has(size)) offered.set(size, size === 1 ? "key_person" : group);
    }
    const picks = [...offered].map(([size, group]) =>
      h(
        "label.pick", null,
        h("input", {
          type: "radio", name: "kind", value: group, checked: group === this.work.group,
          onchange: () => void this.run(() => this.work.chooseGroup(group)),
        }),
        h("span", null, this.kindName(group, size === "household" ? 0 : size)),
      ),
    );
    return h("fieldset.card.kinds", null, h("legend", null, words("deskKind")), h("div.picks", null, ...picks));
  }

  // ---- what was scanned

  private scanned(text: string): void {
    if (heardByQuestion(this.phone, text)) return;
    if (this.stage === "begin") return this.phone.say.error(this.phone.words("shiftFirst"));
    void this.run(async () => {
      const reading = await read(text, this.phone.codes, isIdentity);
      if (this.stage === "boxes") return this.intoBox(reading.what === "tube" || reading.what === "box" ? reading : null);
      const { say, words } = this.phone;
      switch (reading.what) {
        case "tube":
          return this.openTube(reading.barcode);
        case "person":
          return this.met(reading.met);
        case "bad_code":
          return say.verdict("stop", badCode(words, reading.trouble), words("unreadableAbout"));
        case "bad_identity":
          return say.verdict("error", words("wrongIdentity"), words("wrongIdentityAbout"));
        case "bad_label":
          return say.verdict("error", words("deskBadLabel"), words("deskLabelOdd"));
        case "box":
          return say.verdict("error", words("deskBoxLabel"), words("deskBoxLabelAbout"));
        default:
          return say.verdict("error", words("unreadable"), words("unreadableAbout"));
      }
    });
  }

  private async openTube(barcode: string): Promise<void> {
    const { say, words } = this.phone;
    const { tube, next } = this.work;
    if (tube && !next) {
      if (tube.barcode === barcode) return;
      const facts = { tube: tube.barcode, n: tube.swabs.length };
      if (tube.swabs.length > 0) say.verdict("stop", words("deskSealFirst"), words("deskSealFirstAbout", facts));
      else say.verdict("stop", words("deskEmptyFirst", facts), words("deskEmptyFirstAbout"));
      return;
    }
    try {
      const opened = await this.work.openTube(barcode, this.pools, next !== null);
      if (next) {
        await this.work.addSwab(next);
        say.verdict("pass", words("deskOwnTubeSeal"), next.label);
      } else say.verdict("pass", words("deskTubeOpened", { tube: barcode }), words("deskTubeOpenedAbout", { n: opened.capacity }));
    } catch (trouble) {
      if (!(trouble instanceof LabelUsed)) throw trouble;
      say.verdict("stop", words("deskLabelUsed"), words("deskLabelUsedAbout"));
    }
  }

  private async met(met: Met): Promise<void> {
    const { say, words, codes } = this.phone;
    if (this.untested) {
      await this.work.noteUntested(met, this.untested, "");
      this.untested = "";
      return say.verdict("pass", words("deskUntestedKept"), met.label);
    }
    const { answer, rule } = this.work.entry(met, this.singleNext || (await codes.single(met.ref)));
    switch (answer) {
      case "not_again":
        return say.verdict(
          "stop", words(rule === "swabbed_in_this_tube" ? "deskAgainTube" : "deskAgainRound"),
          words("deskAgainAbout", { who: met.label }),
        );
      case "own_tube":
        if (this.work.tube?.capacity === 1 && this.work.tube.swabs.length > 0)
          return say.verdict("stop", words("deskFullFirst"), words("deskFullFirstAbout"));
        this.singleNext = false;
        await this.work.wait(met);
        return say.verdict("refer", words("deskOwnTube"), words("deskOwnTubeAbout", { who: met.label }));
      case "new_tube":
        if (rule === "tube_is_full") return say.verdict("stop", words("deskFullFirst"), words("deskFullFirstAbout"));
        return say.verdict("stop", words("deskTubeFirst"), words("deskTubeFirstAbout"));
      case "tube": {
        this.singleNext = false;
        await this.work.addSwab(met);
        const tube = this.work.tube;
        const facts = { n: tube?.swabs.length ?? 0, of: tube?.capacity ?? 0 };
        const title = met.label ? words("deskTaken", { who: met.label }) : words("deskTakenSomebody");
        const about = words("deskTakenAbout", facts);
        return say.verdict("pass", title, facts.n >= facts.of ? [about, words("deskFull")] : about);
      }
    }
  }

  private async notNow(): Promise<void> {
    await this.work.wait(null);
    this.phone.say.clear(this.idle());
  }

  private async noCode(): Promise<void> {
    const met = await askWho(this.phone);
    if (met) await this.run(() => this.met(met));
  }

  private async typeLabel(): Promise<void> {
    const barcode = await this.askLabel("T", this.phone.words("deskTypeLabel"));
    if (barcode) await this.run(() => this.openTube(barcode));
  }

  private async askLabel(kind: "T" | "B", title: string): Promise<string | null> {
    const { say, words } = this.phone;
    const label = (text: string): string | null => readLabel(kind, text.toUpperCase().startsWith(kind) ? text : kind + text);
    const found = await say.form(
      title,
      [{
        name: "label", label: words("deskLabel"), kind: "text", required: true,
        check: (value) => (label(value) ? null : words("deskLabelOdd")),
      }],
      words("done"),
    );
    return found && label(found["label"] ?? "");
  }

  // ---- sealing, undoing

  private async seal(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const tube = this.work.tube;
    if (!tube) return;
    const scanned = tube.swabs.length;
    let counted: number | null = 1;
    if (tube.capacity > 1) {
      for (;;) {
        counted = await pickNumber(this.phone, words("deskCountAsk"), Array.from({ length: tube.capacity + 1 }, (_, n) => n).slice(1));
        if (counted === null) return;
        if (counted === scanned) break;
        say.signal("error");
        const how = await say.ask(
          words("deskCountDiffers", { counted, scanned }),
          [
            { value: "again", label: words("deskCountAgain"), look: "main" },
            { value: "anyway", label: words("deskSealAnyway", { n: counted }), look: "plain" },
          ],
          words("deskCountDiffersAbout"),
        );
        if (how === null) return;
        if (how === "anyway") break;
      }
    }
    const sealed = counted;
    await this.run(async () => {
      await this.work.seal(sealed);
      const pool = this.work.tube;
      const about = pool ? words("deskSealedBack", { n: scanned, tube: pool.barcode }) : words("deskSealedAbout", { n: scanned });
      say.verdict("pass", words("deskSealed", { tube: tube.barcode }), about);
    });
  }

  private async undo(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const last = this.work.tube?.swabs[this.work.tube.swabs.length - 1];
    if (!last) return;
    const how = await say.ask(
      words("deskUndoSure", { who: last.label }),
      [
        { value: "undo", label: words("deskUndoYes"), look: "main" },
        { value: "void", label: words("deskVoid"), look: "danger" },
      ],
      words("deskUndoAbout"),
    );
    if (how === "undo")
      await this.run(async () => {
        await this.work.undo();
        say.verdict("refer", words("deskUndone"), last.label);
      });
    if (how === "void") await this.voidTube();
  }

  private async voidTube(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const tube = this.work.tube;
    if (!tube) return;
    const reason = await say.ask(
      words("deskVoidAsk", { n: tube.swabs.length }),
      (["deskVoidBroken", "deskVoidMixed", "deskVoidLabel"] as const).map((key) => ({ value: words(key), label: words(key) })),
    );
    if (reason === null) return;
    await this.run(async () => {
      await this.work.voidTube(reason);
      say.verdict("stop", words("deskVoided", { tube: tube.barcode }), tube.swabs.length ? words("deskVoidedAbout") : "");
    });
  }

  private async more(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const { tube, unpacked } = this.work;
    const choice = await say.ask(words("more"), [
      ...(tube && tube.capacity > 1 ? [{ value: "single", label: words("deskSingleNext") }] : []),
      { value: "boxes", label: words("deskBoxes"), detail: words("deskBoxesN", { n: unpacked.length }) },
      { value: "queue", label: words("queue") },
      ...(this.work.shift?.round ? [{ value: "untested", label: words("deskUntested") }] : []),
      ...(tube ? [{ value: "void", label: words("deskVoid") }] : []),
      { value: "end", label: words("endShift"), look: "main" as const },
    ]);
    switch (choice) {
      case "single":
        this.singleNext = true;
        say.clear(this.idle());
        return this.draw();
      case "boxes":
        return this.enter("boxes");
      case "queue": {
        const n = await askQueue(this.phone);
        if (n !== null)
          await this.run(async () => {
            await this.work.noteQueue(n);
            say.note(words("queueKept", { n }));
          });
        return;
      }
      case "untested":
        return this.noteUntested();
      case "void":
        return this.voidTube();
      case "end":
        return this.end();
    }
  }

  private async noteUntested(): Promise<void> {
    const { say, words } = this.phone;
    const reason = await say.ask(words("deskUntestedAsk"), [
      { value: "away", label: words("deskAway") },
      { value: "refused", label: words("deskRefused") },
      { value: "bed_bound", label: words("deskBedBound") },
      { value: "medical", label: words("deskMedical") },
      { value: "other", label: words("deskOther") },
    ]);
    this.untested = reason ?? "";
    say.clear(this.idle());
    this.draw();
  }

  private async end(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const { tube, shift, unpacked } = this.work;
    if (!shift) return;
    if (tube && tube.swabs.length > 0) return say.verdict("stop", words("deskEndOpen", { tube: tube.barcode }), words("deskEndOpenAbout"));
    const facts = { swabs: shift.swabs, tubes: shift.tubes };
    const sure = await say.ask(
      words("deskEndAsk", facts),
      [{ value: "end", label: words("endShift"), look: "main" }],
      unpacked.length ? words("deskEndBoxes", { n: unpacked.length }) : "",
    );
    if (sure === null) return;
    await this.run(async () => {
      if (tube) await this.work.voidTube(words("deskVoidLabel"));
      await this.work.endShift();
      say.note(words("deskEnded", facts));
      this.enter("begin");
    });
  }

  // ---- boxes

  private drawBoxes(): void {
    const { words } = this.phone;
    const { unpacked, boxes } = this.work;
    const { box } = this;
    const back = button(words("deskBack"), () => this.leaveBoxes(), "alt", "left");
    this.dock.className = "dock two";
    if (box) {
      const pack = button(words("deskPack"), () => void this.pack(), "main", "box");
      pack.disabled = box.tubes.length === 0;
      const all = button(words("deskAllIn", { n: unpacked.length }), () => this.fill(), "alt");
      all.disabled = box.tubes.length === unpacked.length;
      this.dock.replaceChildren(back, pack);
      this.body.replaceChildren(
        h(
          "section.card.tube", null,
          h("header", null, h("b.code", null, box.barcode), h("span.tag", null, words("deskInBox", { n: box.tubes.length, of: unpacked.length }))),
          h("p.count", null, h("b", null, String(box.tubes.length)), h("span", null, ` / ${unpacked.length}`)),
          all,
        ),
      );
      return;
    }
    const type = button(words("deskTypeBox"), () => void this.typeBox(), "main", "edit");
    type.disabled = unpacked.length === 0;
    this.dock.replaceChildren(back, type);
    this.body.replaceChildren(
      h("p.aside", null, words("deskBoxesN", { n: unpacked.length })),
      ...boxes.map((one) =>
        h(
          "section.card.box", null,
          h("div", null, h("b.code", null, one.barcode), h("span.tag", null, words("deskInBox", { n: one.tubes.length, of: one.tubes.length }))),
          button(words("deskHandOver"), () => void this.handOver(one), "alt", "truck"),
        ),
      ),
    );
  }

  private leaveBoxes(): void {
    this.box = null;
    this.stage = "table";
    this.phone.say.clear(this.idle());
    this.draw();
  }

  private fill(): void {
    if (this.box) this.box = { ...this.box, tubes: this.work.unpacked.map((tube) => tube.barcode) };
    this.draw();
  }

  private intoBox(reading: { what: "tube" | "box"; barcode: string } | null): void {
    const { say, words } = this.phone;
    if (reading?.what === "box" && this.work.unpacked.length > 0) {
      this.box ??= { barcode: reading.barcode, tubes: [] };
      say.clear(this.idle());
      say.signal("pass");
    } else if (reading?.what === "tube" && this.box) {
      const { barcode } = reading;
      if (this.box.tubes.includes(barcode)) return say.verdict("refer", words("deskInAlready"), barcode);
      if (!this.work.unpacked.some((tube) => tube.barcode === barcode)) return say.verdict("stop", words("deskNotMine"), barcode);
      this.box = { ...this.box, tubes: [...this.box.tubes, barcode] };
      say.verdict("pass", barcode, words("deskInBox", { n: this.box.tubes.length, of: this.work.unpacked.length }));
    } else say.verdict("error", this.idle());
  }

  private async typeBox(): Promise<void> {
    const barcode = await this.askLabel("B", this.phone.words("deskTypeBox"));
    if (!barcode) return;
    this.intoBox({ what: "box", barcode });
    this.draw();
  }

  private async pack(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const { box } = this;
    if (!box) return;
    const found = await say.form(
      words("deskBoxCount"),
      [{ name: "n", label: words("number"), kind: "number", required: true, check: (value) => (/^\d{1,4}$/.test(value) ? null : words("numberOdd")) }],
      words("done"),
    );
    if (!found) return;
    const counted = Number(found["n"]);
    const scanned = box.tubes.length;
    if (counted !== scanned) return say.verdict("stop", words("deskBoxDiffers", { counted, scanned }), words("deskBoxDiffersAbout"));
    await this.run(async () => {
      await this.work.packBox(box.barcode, box.tubes, counted);
      this.box = null;
      say.verdict("pass", words("deskPacked", { box: box.barcode, n: counted }), words("deskPackedAbout"));
    });
  }

  private async handOver(box: Box): Promise<void> {
    const { say, words } = this.phone;
    const found = await say.form(
      words("deskHandOverTo", { box: box.barcode }),
      [
        {
          name: "to", label: words("deskHandOver"), kind: "choice", value: "courier",
          choices: [
            { value: "courier", label: words("deskCourier") },
            { value: "laboratory", label: words("deskLaboratory") },
          ],
        },
        {
          name: "temperature", label: words("deskTemperature"), kind: "decimal",
          check: (value) => (inRange(value, -80, 40) ? null : words("deskTemperatureOdd")),
        },
      ],
      words("deskHandOver"),
    );
    if (!found) return;
    const temperature = found["temperature"] ? Number(found["temperature"].replace("−", "-")) : null;
    await this.run(async () => {
      await this.work.handOver(box, found["to"] === "laboratory" ? "laboratory" : "courier", temperature);
      say.verdict("pass", words("deskHanded", { box: box.barcode }));
    });
  }
}

function inRange(text: string, low: number, high: number): boolean {
  const value = Number(text.replace("−", "-"));
  return text.trim() !== "" && value >= low && value <= high;
}

export const desk: Mode = {
  name: "desk",
  show: (root, phone) => {
    let leave = (): void => undefined;
    let left = false;
    void DeskWork.load(phone.outbox, phone.store, () => phone.now()).then((work) => {
      if (!left) leave = new DeskScreen(root, phone, work).show();
    });
    return () => {
      left = true;
      leave();
    };
  },
};
