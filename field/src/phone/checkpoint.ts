/** A checkpoint: who comes, what the rules say, and one big button that lets an emergency through whatever they say. */
import { camera } from "./camera.ts";
import { isIdentity } from "./identity.ts";
import { DoorWork } from "./doorwork.ts";
import type { Counts, Gate, Looked, Need, PassShown } from "./doorwork.ts";
import { askWho } from "./persons.ts";
import { read } from "./reading.ts";
import type { Met } from "./reading.ts";
import type { Claims, Mode, Phone, PrintedList, Signal } from "./types.ts";
import { button, h, icon, sheet } from "./ui.ts";
import type { Demands, Direction, Ruling, Verdict } from "./verdict.ts";
import { isRule, troubleOf } from "./verdict.ts";
import { askQueue, heardByQuestion, inTurn, pickPlace } from "./work.ts";
import type { Key } from "./words.ts";

const SIGNALS: Readonly<Record<Verdict, Signal>> = { pass: "pass", refer: "refer", turn_back: "stop", emergency: "emergency" };
const TITLES: Readonly<Record<Verdict, Key>> = {
  pass: "gatePass", refer: "gateRefer", turn_back: "gateTurnBack", emergency: "gateEmergencyDone",
};
const FEVERS = [37.3, 37.5, 37.8, 38, 38.3, 38.5, 39, 39.5, 40];

class CheckpointScreen {
  private readonly root: HTMLElement;
  private readonly phone: Phone;
  private readonly work: DoorWork;
  private readonly camera;
  private readonly panel: HTMLElement;
  private readonly body = h("div.work");
  private readonly dock = h("div.dock");
  private readonly run;
  /** A verdict stands on the panel: it stays until somebody new is seen. */
  private said = false;
  /** How many verdicts stood there, so that a late answer is not taken for the next person's. */
  private told = 0;
  private left = false;

  constructor(root: HTMLElement, phone: Phone, work: DoorWork) {
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
      this.phone.feed.on("checkpoints", () => this.draw()),
    ];
    this.enter();
    return () => {
      this.left = true;
      for (const stop of quiet) stop();
      this.camera.stop();
    };
  }

  private get gates(): Gate[] {
    return this.phone.feed.part<Gate[]>("checkpoints") ?? [];
  }

  private get rules(): Demands | undefined {
    return this.gates.find((gate) => gate.site === this.work.shift?.site)?.rules;
  }

  private enter(): void {
    if (this.work.shift) {
      this.root.replaceChildren(this.camera.element, this.panel, this.body, this.dock);
      this.camera.start();
    } else {
      this.camera.stop();
      this.root.replaceChildren(this.panel, this.body, this.dock);
      this.panel.hidden = true;
    }
    this.draw();
  }

  // ---- drawing

  private draw(): void {
    const { words, say } = this.phone;
    const { shift } = this.work;
    if (!shift) {
      say.heading(words("modeCheckpoint"), this.phone.feed.part<{ name: string }>("me")?.name ?? "");
      pickPlace(this.phone, this.body, this.dock, this.gates, words("gateWhich"), (gate) => this.asks(gate.rules), (gate) =>
        void this.run(async () => {
          await this.work.startShift(gate);
          this.panel.hidden = false;
          this.said = false;
          this.enter();
        }),
      );
      this.dock.append(this.emergencyButton());
      return;
    }
    say.heading(shift.name, words("gateHeading", { n: seen(shift.counts), emergency: shift.counts.emergency }));
    const need = this.work.need(this.rules) ?? "person";
    this.camera.hint(this.prompt(need));
    if (!this.said) say.clear(this.prompt(need));
    this.body.replaceChildren(...(this.work.standing ? [] : [this.directions()]), ...this.middle(need));
    const more = h("button.big.alt.dots-button", { type: "button", "aria-label": words("more"), onclick: () => void this.more() }, icon("dots"));
    this.dock.className = "dock gate";
    this.dock.replaceChildren(this.primary(need), more, this.emergencyButton());
  }

  private asks(rules: Demands): string {
    const { words } = this.phone;
    const what = [
      rules.pass && words("gateAskPass"),
      rules.test_within_h !== null && words("gateAskTest", { h: rules.test_within_h }),
      rules.temperature_max !== null && words("gateAskTemperature"),
      rules.mask && words("gateAskMask"),
    ].filter((one) => one !== false);
    return what.length ? words("gateAsks", { what: what.join(words.language === "zh" ? "、" : ", ") }) : words("gateAsksNothing");
  }

  private prompt(need: Need): string {
    const { words } = this.phone;
    const { standing } = this.work;
    const who = standing?.label ? words("gateWho", { who: standing.label }) : "";
    switch (need) {
      case "pass":
        return words("gateScanPass", { who });
      case "test":
        return words("gateScanTest", { who });
      case "look":
        return words("gateLook", { who });
      case "person":
        return words(standing ? "gateScanPerson" : "gateScan");
    }
  }

  /** What can be done for whoever stands there. */
  private middle(need: Need): HTMLElement[] {
    const { words } = this.phone;
    const { vehicle, recent } = this.work;
    const found: HTMLElement[] = [];
    if (need === "look") found.push(this.lookButtons());
    if (vehicle) {
      found.push(
        h(
          "section.card", null,
          h("div.who", null, icon("car"), h("b", null, vehicle.plate), h("span.tag", null, words("gateVehicleN", { n: vehicle.shown.length, of: vehicle.people }))),
        ),
      );
    } else if (!this.work.standing && recent.length) {
      found.push(
        h(
          "section.card.past", { "aria-label": words("gateRecent") },
          h(
            "ul.rows", null,
            ...recent.slice(0, 2).map((one) =>
              h("li", { class: one.verdict }, h("span", null, words.time(one.at)), h("span", null, one.label || words("gateSomebody")), h("b.end", null, words(TITLES[one.verdict]))),
            ),
          ),
        ),
      );
    }
    return found;
  }

  private lookButtons(): HTMLElement {
    const { words } = this.phone;
    const measures = this.rules?.temperature_max != null;
    const masks = this.rules?.mask === true;
    const normal = words(measures && masks ? "gateNormal" : measures ? "gateNormalTemperature" : "gateMaskOn");
    return h(
      "div.look", null,
      button(normal, () => void this.run(() => this.looked(masks ? { mask: true } : {}))),
      measures && button(words("gateFever"), () => void this.fever(), "alt"),
      masks && button(words("gateNoMask"), () => void this.run(() => this.looked({ mask: false })), "alt"),
    );
  }

  private primary(need: Need): HTMLElement {
    const { words } = this.phone;
    if (need === "pass") return button(words("gateNoPass"), () => void this.run(() => this.without("pass")), "alt");
    if (need === "test") return button(words("gateNoTest"), () => void this.run(() => this.without("test")), "alt");
    if (need === "look") return button(words("gateDismiss"), () => void this.run(() => this.work.dismiss()), "alt");
    if (this.work.vehicle) return button(words("gateVehicleDone"), () => void this.endVehicle(), "main");
    return button(words("noCode"), () => void this.noCode(), "alt", "card");
  }

  private emergencyButton(): HTMLElement {
    return h(
      "button.big.emergency", { type: "button", onclick: () => void this.emergency() },
      icon("ambulance"), h("span", null, this.phone.words("gateEmergency")),
    );
  }

  private directions(): HTMLElement {
    const { words } = this.phone;
    const way = (value: Direction, label: Key): HTMLElement =>
      h(
        "label.pick", null,
        h("input", {
          type: "radio", name: "direction", value, checked: this.work.direction === value,
          onchange: () => void this.run(() => this.work.turn(value)),
        }),
        h("span", null, words(label)),
      );
    return h("fieldset.ways", { "aria-label": words("gateDirection") }, way("in", "gateIn"), way("out", "gateOut"));
  }

  // ---- somebody comes

  private scanned(text: string): void {
    if (heardByQuestion(this.phone, text)) return;
    if (!this.work.shift) return this.phone.say.error(this.phone.words("shiftFirst"));
    void this.run(async () => {
      const { say, words } = this.phone;
      const reading = await read(text, this.phone.codes, isIdentity);
      switch (reading.what) {
        case "person":
          return this.met(reading.met);
        case "pass":
          await this.work.showPass(this.passOf(reading.claims, reading.text));
          return this.step();
        case "test":
          if (this.isAnothers(reading.claims)) return this.tell("refer", words("gateNotTheirs"), words("gateNotTheirsAbout"));
          await this.work.showTest(...testOf(reading.claims));
          return this.step();
        case "bad_code":
          if (this.work.need(this.rules) === "pass") {
            await this.work.showPass({ text: reading.text, group: "", kind: "", opens: false });
          } else {
            await this.finishOther("");
            await this.work.meetTrouble(reading.text, troubleOf(reading.trouble));
          }
          return this.step();
        case "list":
          return this.tellList(reading.list);
        case "bad_list":
          return this.tell("stop", words(reading.trouble === "forged" ? "listForged" : "listUnknown"), words("listBadAbout"));
        case "bad_identity":
          return this.tell("error", words("wrongIdentity"), words("wrongIdentityAbout"));
        default:
          this.said = true;
          return say.verdict("error", words("unreadable"), words("unreadableAbout"));
      }
    });
  }

  /** The list on paper of a gate without a phone: genuine, for where, how old. It says nothing of any person. */
  private tellList(list: PrintedList): void {
    const { words } = this.phone;
    const now = this.phone.now().getTime();
    const about = [
      list.gate,
      words("listPrinted", { at: words.time(list.printedAt), ago: words.ago((now - list.printedAt.getTime()) / 1000), until: words.time(list.until) }),
      words("listLines", { n: list.lines, check: list.check }),
    ];
    if (now > list.until.getTime()) return this.tell("stop", words("listOver"), ...about);
    const here = list.site === this.work.shift?.site;
    this.tell(here ? "pass" : "refer", words(here ? "listGood" : "listElsewhere"), ...about);
  }

  /** A certificate with other initials than the code that was shown. */
  private isAnothers({ initials }: Claims): boolean {
    const { standing } = this.work;
    return standing?.shown === "code" && standing.label !== "" && !!initials && initials !== standing.label;
  }

  private passOf(claims: Claims, text: string): PassShown {
    const [kind, area, group] = [claims.more.get(-4), claims.more.get(-5), claims.more.get(-6)];
    const here = this.gates.find((gate) => gate.site === this.work.shift?.site)?.path ?? "";
    const opens = typeof area !== "string" || area === "" || here.startsWith(area);
    const whose = typeof group === "string" || typeof group === "number" ? String(group) : String(claims.number);
    return { text, group: whose, kind: typeof kind === "string" ? kind : "", opens };
  }

  private async met(met: Met): Promise<void> {
    await this.finishOther(met.key);
    await this.work.meet(met, await this.phone.codes.alert(met.ref));
    await this.step();
  }

  /** Somebody else comes before the one who stands there was finished. */
  private async finishOther(key: string): Promise<void> {
    const { standing } = this.work;
    if (!standing || standing.key === "" || standing.key === key) return;
    if (this.work.need(this.rules) === "look") {
      await this.work.settle("look");
      const found = await this.work.judge(this.rules);
      await this.work.decide(found, this.reason(found));
    } else {
      await this.work.decide({ verdict: "refer", rule: "guard" });
      this.phone.say.note(this.phone.words("gateWalkedOn", { who: standing.label }));
    }
  }

  private async step(): Promise<void> {
    this.said = false;
    if (this.work.need(this.rules) !== null) return;
    const { standing } = this.work;
    const asked = this.work.question();
    const found = await this.work.judge(this.rules);
    const news = await this.work.decide(found, this.reason(found));
    this.verdict(found, standing?.label ?? "", news);
    if (asked && news && found.verdict === "pass") void this.lookAgain(asked);
  }

  /**
   * The office looks too, as long as there is a network: it knows what changed since this phone last heard. What it
   * says can send somebody to the table, and nothing else; without an answer nothing changes.
   */
  private async lookAgain(asked: Looked): Promise<void> {
    const { site, direction, standing } = asked;
    const told = this.told;
    const said = await this.phone.check({
      site, direction, person: standing.ref, pass: standing.pass?.text ?? "", temperature: standing.temperature, mask: standing.mask,
    });
    if (!said || this.left || (said.verdict !== "refer" && said.verdict !== "turn_back")) return;
    const rule = isRule(said.rule) ? said.rule : "guard";
    await this.run(async () => {
      if (this.left || !(await this.work.referAfterAll(asked, rule))) return;
      const who = standing.label || this.phone.words("gateSomebody");
      if (this.told === told && !this.work.standing) return this.verdict({ verdict: "refer", rule }, standing.label);
      this.phone.say.error(this.phone.words("gateLookedAgain", { who, why: this.phone.words(`rule_${rule}`) }));
    });
  }

  private reason(found: Ruling): string {
    return found.verdict === "turn_back" ? this.phone.words(`rule_${found.rule}`) : "";
  }

  private verdict(found: Ruling, label: string, news = true, why = this.phone.words(`rule_${found.rule}`)): void {
    const { words } = this.phone;
    const lines = [[label, why].filter((one) => one !== "").join(" · ")];
    if (found.verdict === "turn_back") {
      const where = words.of(this.rules?.objection);
      lines.push(where ? words("gateObject", { where }) : words("gateObjectNowhere"));
    }
    if (!news) lines.push(words("gateAgain"));
    this.tell(SIGNALS[found.verdict], words(TITLES[found.verdict]), ...lines);
  }

  private tell(signal: Signal, title: string, ...lines: string[]): void {
    this.said = true;
    this.told += 1;
    this.phone.say.verdict(signal, title, lines);
  }

  private async without(need: Need): Promise<void> {
    await this.work.settle(need);
    await this.step();
  }

  private async looked(seen: { temperature?: number; mask?: boolean }): Promise<void> {
    await this.work.settle("look", seen);
    await this.step();
  }

  private async fever(): Promise<void> {
    const { say, words } = this.phone;
    const other = 0;
    const picked = await sheet<number>(words("gateFeverAsk"), words, (close) => [
      h("div.numbers", null, ...FEVERS.map((t) => h("button.big.plain", { type: "button", onclick: () => close(t) }, t.toFixed(1)))),
      button(words("gateFeverOther"), () => close(other), "alt"),
    ]);
    let temperature = picked;
    if (picked === other) {
      const found = await say.form(
        words("gateFever"),
        [{
          name: "t", label: words("gateTemperature"), kind: "decimal", required: true,
          check: (value) => (Number(value) >= 30 && Number(value) <= 45 ? null : words("gateTemperatureOdd")),
        }],
        words("done"),
      );
      temperature = found ? Number(found["t"]) : null;
    }
    if (temperature !== null) await this.run(() => this.looked({ temperature }));
  }

  private async noCode(): Promise<void> {
    const met = await askWho(this.phone, true);
    if (met) await this.run(() => this.met(met));
  }

  // ---- emergencies

  private async emergency(): Promise<void> {
    const { words } = this.phone;
    await this.run(async () => {
      await this.work.emergency(this.gates.map((gate) => gate.site));
      this.panel.hidden = false;
      this.tell("emergency", words("gateEmergencyDone"), words("gateEmergencyAbout"));
    });
    if (!this.work.shift && this.gates.length === 0) return;
    const kinds = ["gateBirth", "gateChest", "gateBleeding", "gateUnconscious", "gateDialysis", "gateChild"] as const;
    const what = await this.phone.say.ask(
      words("gateEmergencyWhat"), kinds.map((key) => ({ value: words(key), label: words(key) })), words("gateEmergencyAbout"),
    );
    if (what !== null) await this.run(() => this.work.reportIncident("unwell", what));
  }

  // ---- vehicles

  private async startVehicle(): Promise<void> {
    const { say, words } = this.phone;
    const found = await say.form(
      words("gateVehicle"),
      [
        {
          name: "plate", label: words("gatePlate"), kind: "text", required: true,
          check: (value) => (/^[\p{L}\p{N}·.\s-]{4,12}$/u.test(value) ? null : words("gatePlateOdd")),
        },
        {
          name: "people", label: words("gateOccupants"), kind: "number", required: true,
          check: (value) => (/^[1-9]\d?$/.test(value) ? null : words("gateOccupantsOdd")),
        },
      ],
      words("next"),
    );
    if (!found) return;
    await this.run(async () => {
      this.said = false;
      await this.work.startVehicle((found["plate"] ?? "").toUpperCase(), Number(found["people"]));
    });
  }

  private async endVehicle(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const { vehicle } = this.work;
    if (!vehicle) return;
    const missing = vehicle.people - vehicle.shown.length;
    if (missing > 0) {
      const sure = await say.ask(
        words("gateVehicleMissing", { n: missing }), [{ value: "go", label: words("gateVehicleGo") }], words("gateVehicleMissingAbout"),
      );
      if (sure === null) return;
    }
    await this.run(async () => this.verdict(await this.work.endVehicle(), vehicle.plate));
  }

  // ---- more

  private async more(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const choice = await say.ask(words("more"), [
      ...(this.work.standing
        ? [{ value: "hand", label: words("gateByHand") }, { value: "dismiss", label: words("gateDismiss") }]
        : [{ value: "vehicle", label: words("gateVehicle") }]),
      { value: "queue", label: words("queue") },
      { value: "incident", label: words("gateIncident") },
      { value: "end", label: words("endShift"), look: "main" as const },
    ]);
    switch (choice) {
      case "hand":
        return this.byHand();
      case "dismiss":
        return this.run(async () => {
          this.said = false;
          await this.work.dismiss();
        });
      case "vehicle":
        return this.startVehicle();
      case "queue": {
        const n = await askQueue(this.phone);
        if (n !== null)
          await this.run(async () => {
            await this.work.noteQueue(n);
            say.note(words("queueKept", { n }));
          });
        return;
      }
      case "incident":
        return this.incident();
      case "end":
        return this.end();
    }
  }

  private async byHand(): Promise<void> {
    const { say, words } = this.phone;
    const choice = await say.ask(words("gateByHand"), [
      { value: "refer", label: words("gateByHandRefer"), look: "main" },
      { value: "turn_back", label: words("gateByHandBack"), look: "danger" },
    ]);
    if (choice === null) return;
    let reason = "";
    if (choice === "turn_back") {
      const found = await say.form(
        words("gateByHandWhy"), [{ name: "reason", label: words("reason"), kind: "text", required: true }], words("gateTurnBack"),
      );
      if (!found) return;
      reason = found["reason"] ?? "";
    }
    await this.run(async () => {
      const label = this.work.standing?.label ?? "";
      const found: Ruling = { verdict: choice, rule: "guard" };
      const news = await this.work.decide(found, reason);
      this.verdict(found, label, news, reason);
    });
  }

  private async incident(): Promise<void> {
    const { say, words } = this.phone;
    const found = await say.form(
      words("gateIncident"),
      [
        {
          name: "kind", label: words("gateIncident"), kind: "choice", value: "crowd",
          choices: [
            { value: "crowd", label: words("gateCrowd") },
            { value: "dispute", label: words("gateDispute") },
            { value: "forged", label: words("gateForged") },
            { value: "unwell", label: words("gateUnwell") },
            { value: "equipment", label: words("gateEquipment") },
            { value: "other", label: words("gateOther") },
          ],
        },
        { name: "text", label: words("gateIncidentText"), kind: "text" },
      ],
      words("done"),
    );
    if (!found) return;
    await this.run(async () => {
      await this.work.reportIncident(found["kind"] ?? "other", found["text"] ?? "");
      say.note(words("gateIncidentKept"));
    });
  }

  private async end(): Promise<void> {
    await this.run.settled();
    const { say, words } = this.phone;
    const { shift } = this.work;
    if (!shift) return;
    const sure = await say.ask(words("gateEndAsk", { ...shift.counts }), [{ value: "end", label: words("endShift"), look: "main" }]);
    if (sure === null) return;
    await this.run(async () => {
      await this.finishOther("");
      await this.work.endShift();
      say.note(words("gateEnded"));
      this.enter();
    });
  }
}

const seen = ({ pass, refer, turn_back, emergency }: Counts): number => pass + refer + turn_back + emergency;

/** When the sample was taken (seconds since 1970 or ISO), and whether it was negative. */
function testOf(claims: Claims): [Date, boolean] {
  const when = claims.more.get(-4);
  const at = typeof when === "number" || typeof when === "bigint" ? new Date(Number(when) * 1000) : new Date(String(when));
  return [Number.isNaN(at.getTime()) ? new Date(0) : at, claims.more.get(-5) === "negative"];
}

export const checkpoint: Mode = {
  name: "checkpoint",
  show: (root, phone) => {
    let leave = (): void => undefined;
    let left = false;
    void DoorWork.load(phone.outbox, phone.store, () => phone.now()).then((work) => {
      if (!left) leave = new CheckpointScreen(root, phone, work).show();
    });
    return () => {
      left = true;
      leave();
    };
  },
};
