/** The app: which screen is shown, when it locks, when it sends, and when it is renewed. */
import { askToEnrol, codeScreen, isWeak, pinPad, platformName, readToken } from "./enrol.ts";
import { type Pulled, StoredFeed, TRUST } from "./feed.ts";
import { modes } from "./modes.ts";
import { StoredOutbox } from "./outbox.ts";
import { codeReader } from "./reader.ts";
import { scanner as makeScanner } from "./scan.ts";
import { Sound } from "./sound.ts";
import { askToStay, drawer, fullness, keepsKeys, openDatabase, Vault } from "./store.ts";
import { ask, type Outside, outside, Sender, type Status } from "./sync.ts";
import { type Assets, type CodeReader, type Me, type ModeName, NoRoom, type Phone, type Scanner, type Words } from "./types.ts";
import { button, closeSheets, fill, h, icon, Screen, sheet, useIcons } from "./ui.ts";
import { type Key, kindKey, type Language, makeWords } from "./words.ts";

const TICK_MS = 15_000;
const PULL_EVERY_MS = 60_000;
const OLD_RULES_S = 24 * 3600;
const NEARLY_FULL = 0.9;
const RECOUNT_MS = 200;
/** By then whoever passed has gone; and so long a busy server is not asked again. */
const CHECK_MS = 8_000;

const LOOKS: Readonly<Record<ModeName, { icon: string; title: Key; about: Key }>> = {
  desk: { icon: "swab", title: "modeDesk", about: "modeDeskAbout" },
  checkpoint: { icon: "gate", title: "modeCheckpoint", about: "modeCheckpointAbout" },
  venue: { icon: "door", title: "modeVenue", about: "modeVenueAbout" },
  tasks: { icon: "checklist", title: "modeTasks", about: "modeTasksAbout" },
};
const WHY: Readonly<Record<Status["why"], Key | null>> = {
  none: null, offline: "whyOffline", busy: "whyBusy", server: "whyServer", network: "whyNetwork",
  revoked: "whyRevoked", expired: "whyRevoked", unknown: "whyRevoked", old: "whyOld", locked: "whyLocked",
};

interface Installing extends Event {
  prompt(): Promise<void>;
}

function remembered(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // asked again next time, then
  }
}

class App {
  private readonly vault: Vault;
  private readonly outbox: StoredOutbox;
  private readonly feed: StoredFeed;
  private readonly sender: Sender;
  private readonly scanner: Scanner;
  private readonly codes: CodeReader;
  private readonly sound = new Sound();
  private readonly out: Outside = {
    ...outside,
    language: () => (this.language === "zh" ? "zh-Hans" : "en"),
    ahead: (ms) => {
      void this.vault.noteAhead(ms);
      this.ahead = ms;
    },
    fetch: async (...asked) => {
      try {
        const answer = await fetch(...asked);
        this.reached = (answer.headers.get("Content-Type") ?? "").includes("json");
        return answer;
      } catch (error) {
        this.reached = false;
        throw error;
      } finally {
        this.paintStatus();
      }
    },
  };

  private language: Language;
  private words: Words;
  private say: Screen;
  private ahead = 0;
  /** Whether our server answered the last time: a phone may think it is online in a portal or a tunnel. */
  private reached = true;
  private count = 0;
  private refusals = 0;
  private touched = Date.now();
  private pulledAt = 0;
  private stays = true;
  private installing: Installing | null = null;
  private renewal: ServiceWorker | null = null;
  private awake: { release(): Promise<void> } | null = null;

  private leave: () => void = () => undefined;
  private draw: () => void = () => undefined;

  private readonly root = h("main", { id: "screen", tabindex: "-1" });
  private readonly post = h("h1");
  private readonly shift = h("small");
  private readonly pill = h("button.pill", { type: "button", onclick: () => this.showOutbox() });
  private readonly menu = h("button.menu", { type: "button", onclick: () => void this.showMenu() }, icon("menu"));
  private readonly drill = h("p.drill", { hidden: true });
  private readonly renew = h("button.renew", { type: "button", hidden: true, onclick: () => void this.renewNow() });
  private readonly remarks = h("div", { id: "remarks", role: "status", "aria-live": "polite" });

  constructor(vault: Vault, assets: Assets, ahead: number) {
    this.language = chosenLanguage();
    this.words = makeWords(this.language);
    this.vault = vault;
    this.ahead = ahead;
    this.outbox = new StoredOutbox(vault);
    this.feed = new StoredFeed(vault, this.out, () => this.now());
    this.sender = new Sender(this.outbox, vault, this.out, () => this.paintStatus());
    this.scanner = makeScanner(assets);
    this.codes = codeReader(this.feed, this.now);
    this.say = this.newScreen();
    const nudge = this.outbox.added;
    this.outbox.added = (urgent) => {
      this.touched = Date.now();
      nudge(urgent);
    };
    this.sender.unwelcome = (why) => this.closed(why);
    this.sender.emptied = () => void this.allSent();
  }

  private newScreen(): Screen {
    return new Screen(this.words, this.sound, this.remarks, (post, shift) => {
      this.post.textContent = post;
      this.shift.textContent = shift;
    });
  }

  /** Nothing more fits: said wherever a command could not be kept. */
  full(): void {
    this.say.error(this.words("noRoom"));
  }

  private readonly now = (): Date => new Date(Date.now() + this.ahead);

  // ---- start

  start(): void {
    document.documentElement.dataset["contrast"] = remembered("field-contrast");
    const bar = h("div.bar", null, this.menu, h("div.post", null, this.post, this.shift), this.pill);
    const top = h("header.top", null, this.drill, bar, this.renew);
    document.body.replaceChildren(top, this.root, this.remarks);

    this.outbox.on(() => this.recountSoon());
    this.feed.on("me", () => this.paintMe());
    addEventListener("online", () => this.woken("online"));
    addEventListener("offline", () => this.paintStatus());
    addEventListener("hashchange", () => this.route());
    addEventListener("pointerdown", () => (this.touched = Date.now()), { passive: true, capture: true });
    addEventListener("keydown", () => (this.touched = Date.now()), { capture: true });
    addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      this.installing = event as Installing;
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      void this.lookAround();
      this.woken("visible");
    });
    setInterval(() => void this.tick(), TICK_MS);
    setInterval(() => this.paintStatus(), 1000);
    this.watchVersions();
    void askToStay().then((stays) => (this.stays = stays));
    void this.outbox.prune();
    this.setLanguage(this.language);
    void this.recount();
    this.route();
    void this.expire();
    document.body.dataset["ready"] = "";
  }

  private woken(why: "online" | "visible"): void {
    this.paintStatus();
    void this.sender.nudge(why);
    if (why === "online") this.pulledAt = 0;
    void this.pull();
  }

  private async tick(): Promise<void> {
    await this.expire();
    this.lockIfIdle();
    void this.sender.nudge("timer");
    await this.pull();
  }

  /** Another tab may have wiped, closed or renewed. */
  private async lookAround(): Promise<void> {
    const before = this.vault.condition;
    await this.vault.reload();
    if (this.vault.condition === "new" && before !== "new") location.reload();
    this.lockIfIdle();
    await this.expire();
  }

  private route(): void {
    const link = readToken(location.href, location.origin);
    const token = link && "token" in link ? link.token : "";
    if (token) history.replaceState(null, "", location.pathname);
    if (this.vault.condition === "new") {
      if (token) this.showChoosePin(token);
      else this.showWelcome();
      return;
    }
    if (token) this.say.note(this.words("alreadyEnrolled"));
    if (this.vault.condition === "spent") this.showSpent();
    else if (this.vault.condition === "locked") this.showLock();
    else if (!this.vault.hasData) this.showClosed();
    else this.showHome();
  }

  /** Put a screen up. It can be drawn again, in another language too. */
  private show(name: string, draw: () => (() => void) | void): void {
    closeSheets();
    this.draw = () => {
      this.leave();
      this.leave = () => undefined;
      document.body.dataset["screen"] = name;
      this.root.replaceChildren();
      this.root.scrollTop = 0;
      this.leave = draw() ?? (() => undefined);
      if (!this.root.contains(document.activeElement)) this.root.focus({ preventScroll: true });
      this.paintStatus();
    };
    this.draw();
  }

  // ---- first start

  private showWelcome(): void {
    this.say.heading(this.words("app"), "");
    const got = (text: string): void => {
      const read = readToken(text, location.origin);
      if (!read) this.say.error(this.words("codeOdd"));
      else if ("elsewhere" in read) location.assign(read.elsewhere);
      else {
        this.sound.play("pass");
        this.showChoosePin(read.token);
      }
    };
    const type = async (): Promise<void> => {
      const label = { name: "code", label: this.words("code"), kind: "text", required: true, hint: this.words("codeHint") } as const;
      const typed = await this.say.form(this.words("typeCode"), [label], this.words("next"));
      if (typed) got(typed["code"] ?? "");
    };
    this.show("welcome", () => {
      this.say.heading(this.words("app"), "");
      return codeScreen(this.root, this.words, this.scanner, got, () => void type());
    });
  }

  private showChoosePin(token: string): void {
    this.show("pin", () => {
      const first = (fault = ""): void => {
        const about = fault || this.words("choosePinAbout");
        this.root.replaceChildren(
          pinPad(this.words, this.words("choosePin"), about, async (pin) => {
            if (isWeak(pin)) return this.words("pinWeak");
            second(pin);
            return null;
          }),
        );
      };
      const second = (chosen: string): void => {
        this.root.replaceChildren(
          pinPad(this.words, this.words("repeatPin"), "", async (pin) => {
            if (pin !== chosen) first(this.words("pinDiffers"));
            else await this.enrol(token, pin);
            return null;
          }),
        );
      };
      first();
    });
  }

  private async enrol(token: string, pin: string): Promise<void> {
    this.root.replaceChildren(h("p.wait", { role: "status" }, this.words("enrolling")));
    const asked = await askToEnrol(this.out, token, platformName(navigator.userAgent));
    if (!("accepted" in asked)) {
      const text = asked.waitSeconds
        ? this.words("enrolBusy", { n: asked.waitSeconds })
        : asked.why ? this.words("enrolRefused", { why: asked.why }) : this.words("enrolOffline");
      this.sound.play("error");
      const again = asked.why ? () => this.showWelcome() : () => void this.enrol(token, pin);
      this.root.replaceChildren(
        h("section.card.center", { role: "alert" }, icon("alert"), h("p", null, text)),
        h("div.dock", null, button(this.words("again"), again)),
      );
      return;
    }
    const { trust, ...enrolled } = asked.accepted;
    await this.vault.create(pin, enrolled, { [TRUST]: trust });
    await this.feed.load();
    this.touched = Date.now();
    this.sound.play("pass");
    void this.pull();
    this.showHome();
  }

  // ---- lock

  private lockIfIdle(): void {
    if (this.vault.condition !== "open") return;
    const idle = Math.abs(Date.now() - this.touched);
    if (idle > this.vault.device.lockMinutes * 60_000) this.lock();
  }

  private lock(): void {
    if (this.vault.condition !== "open") return;
    this.vault.lock();
    this.feed.forget();
    this.drill.hidden = true;
    this.remarks.replaceChildren();
    this.showLock();
  }

  private showLock(): void {
    this.show("lock", () => {
      this.say.heading(this.words("app"), this.words("locked"));
      const about = (): string => {
        if (!this.vault.hasData) return this.words("closedLocked", { n: this.count });
        if (this.count === 0) return "";
        return this.words(this.vault.canSeal ? "stillSending" : "waitsForPin", { n: this.count });
      };
      const said = h("p.quiet.center", { "data-live": "" });
      const off = this.outbox.on(() => (said.textContent = about()));
      void this.recount().then(() => (said.textContent = about()));
      const panel = this.say.panel();
      panel.hidden = true;
      const emergency = h(
        "button.big.emergency", { type: "button", onclick: () => void this.letThrough(panel) },
        icon("ambulance"), h("span", null, this.words("gateEmergency")),
      );
      const dock = h("div.dock", { hidden: true }, emergency);
      const words = h("p.quiet.center", null, this.words("lockedEmergency"));
      void this.vault.post().then((post) => {
        const may = post !== undefined && this.vault.canPost && this.vault.device.closed === "";
        dock.hidden = !may;
        words.hidden = may;
      });
      this.root.replaceChildren(
        panel,
        pinPad(this.words, this.words("typePin"), "", async (pin) => {
          const result = await this.vault.unlock(pin);
          if (result.opened) {
            await this.unlocked();
            return null;
          }
          this.sound.play("error");
          if (this.vault.condition === "spent") {
            this.showSpent();
            return null;
          }
          const wait = result.waitSeconds > 0 ? this.words("pinWait", { n: result.waitSeconds }) : "";
          return [this.words("pinWrong", { n: result.left }), wait].filter(Boolean).join(" ");
        }),
        said, words, dock,
      );
      return off;
    });
  }

  /** On the lock screen, without a PIN. A pocket must not press twice. */
  private async letThrough(panel: HTMLElement): Promise<void> {
    const w = this.words;
    const sure = await sheet<true>(w("gateEmergency"), w, (close) => [
      h("p", null, w("lockedFirst")),
      button(w("lockedNote"), () => close(true)),
      h("a.big.alt", { href: "tel:120" }, icon("phone"), h("span", null, w("call120"))),
    ]);
    if (sure === null || !panel.isConnected) return;
    try {
      if (!(await this.outbox.letThroughNow())) return;
    } catch (error) {
      if (error instanceof NoRoom) return this.full();
      throw error;
    }
    panel.hidden = false;
    const way = !this.vault.canSeal ? "lockedWaits" : this.out.online() && this.reached ? "lockedNoted" : "lockedOffline";
    this.say.verdict("emergency", w("gateEmergencyDone"), w(way));
    this.root.querySelector<HTMLElement>(".pin")?.focus({ preventScroll: true });
  }

  private async unlocked(): Promise<void> {
    this.touched = Date.now();
    await this.feed.load();
    await this.expire();
    this.pulledAt = 0;
    void this.sender.nudge("asked");
    void this.pull();
    if (!this.vault.hasData) return this.showClosed();
    const last = await drawer(this.vault, "app").get<ModeName>("mode");
    if (last && last in modes && this.mine().includes(last)) this.showMode(last);
    else this.showHome();
  }

  // ---- the end of an enrolment

  private async expire(): Promise<void> {
    if (this.vault.condition === "new" || this.vault.device.closed) return;
    if (this.now().getTime() >= this.vault.device.expiresAt) await this.closed("expired");
  }

  private async closed(why: "revoked" | "expired"): Promise<void> {
    if (this.vault.condition === "new" || this.vault.device.closed) return;
    this.leave();
    this.leave = () => undefined;
    await this.vault.close(why);
    this.feed.forget();
    this.drill.hidden = true;
    if ((await this.outbox.waiting()).count === 0) return this.allSent();
    if (this.vault.condition === "open") this.showClosed();
    else this.route();
  }

  /** A closed phone that has nothing left to send has no reason to keep anything. */
  private async allSent(): Promise<void> {
    if (this.vault.condition === "new" || !this.vault.device.closed) return;
    const why = this.vault.device.closed;
    await this.vault.wipe();
    this.count = 0;
    this.show("closed", () => {
      this.say.heading(this.words("app"), "");
      this.root.replaceChildren(
        h("section.card.center", null, icon("check"), h("h2.title", null, this.words(why === "expired" ? "closedExpired" : "closedRevoked")), h("p", null, this.words("closedDone"))),
        h("div.dock", null, button(this.words("next"), () => this.showWelcome())),
      );
    });
  }

  private showClosed(): void {
    this.show("closed", () => {
      this.say.heading(this.words("app"), "");
      const said = h("p");
      const paint = (): void => {
        said.textContent = this.words("closedSending", { n: this.count });
      };
      paint();
      this.root.replaceChildren(
        h(
          "section.card.center", null, icon("info"),
          h("h2.title", null, this.words(this.vault.device.closed === "expired" ? "closedExpired" : "closedRevoked")), said, this.statusLine(),
        ),
        this.lastResort(),
        h("div.dock", null, button(this.words("sendNow"), () => void this.sender.nudge("asked"), "main", "upload")),
      );
      void this.sender.nudge("asked");
      return this.outbox.on(() => void this.recount().then(paint));
    });
  }

  private showSpent(): void {
    this.show("spent", () => {
      this.say.heading(this.words("app"), "");
      const about = h("p");
      const save = button(this.words("saveFile"), () => void this.saveFile(), "main", "download");
      void this.recount().then(() => {
        save.hidden = this.count === 0;
        about.textContent = this.words(this.count ? "spentAbout" : "wipeNothing", { n: this.count });
      });
      this.root.replaceChildren(
        h("section.card.center", null, icon("lock"), h("h2.title", null, this.words("spent")), about),
        h(
          "div.dock", null,
          save, button(this.words("wipe"), () => void this.wipe(), "danger"),
        ),
      );
    });
  }

  private async wipe(): Promise<void> {
    await this.recount();
    const lost = this.count > 0;
    const sure = await this.say.ask(
      this.words("wipeSure"),
      [
        { value: "no", label: this.words("cancel"), look: "main" },
        { value: "yes", label: this.words(lost ? "wipeSaved" : "wipe"), look: "danger" },
      ],
      this.words(lost ? "wipeLost" : "wipeNothing", { n: this.count }),
    );
    if (sure !== "yes") return;
    await this.vault.wipe();
    this.count = 0;
    this.showWelcome();
  }

  // ---- home

  private mine(): ModeName[] {
    return (this.feed.part<Me>("me")?.modes ?? []).filter((name) => name in modes);
  }

  private showHome(): void {
    this.show("home", () => {
      const paint = (): void => {
        const me = this.feed.part<Me>("me");
        this.say.heading(me?.name ?? this.words("app"), me?.area.name ?? "");
        const mine = this.mine();
        const cards = mine.map((name) => {
          const look = LOOKS[name];
          return h(
            "button.mode", { type: "button", onclick: () => void this.choose(name) },
            icon(look.icon), h("span", null, h("b", null, this.words(look.title)), h("small", null, this.words(look.about))), icon("right"),
          );
        });
        const none = me ? "noModes" : this.out.online() ? "noFeed" : "noFeedOffline";
        this.root.replaceChildren(
          h("h2.title.ask", null, this.words("chooseMode")),
          mine.length ? h("div.modes", null, ...cards) : h("p.card.wait", { role: "status" }, this.words(none)),
          h(
            "div.dock.two", null,
            button(this.words("outbox"), () => this.showOutbox(), "alt", "upload"),
            button(this.words("help"), () => this.showHelp(), "alt", "question"),
          ),
        );
      };
      paint();
      const [offMe, offPull] = [this.feed.on("me", paint), this.onPulled(paint)];
      return () => {
        offMe();
        offPull();
      };
    });
  }

  private async choose(name: ModeName): Promise<void> {
    await drawer(this.vault, "app").put("mode", name).catch(() => undefined);
    this.showMode(name);
  }

  private unasked = 0;

  /** A question that nobody waits for: soon answered, or not at all. */
  private async check(asked: Readonly<Record<string, unknown>>): Promise<{ verdict: string; rule: string } | null> {
    if (!this.out.online() || !this.vault.canSeal || Math.abs(this.unasked - Date.now()) < CHECK_MS) return null;
    const late = new Promise<null>((done) => setTimeout(() => done(null), CHECK_MS));
    const answer = this.vault
      .authorization()
      .then((proof) => ask(this.out, "/sync/1/check", proof, asked))
      .catch(() => null);
    const reply = await Promise.race([answer, late]);
    if (reply?.status === 429 || reply?.status === 503) this.unasked = Date.now();
    if (reply?.status !== 200) return null;
    const { verdict, rule } = reply.json ?? {};
    return typeof verdict === "string" && typeof rule === "string" ? { verdict, rule } : null;
  }

  private showMode(name: ModeName): void {
    const phone = (): Phone => ({
      outbox: this.outbox.forMode(name),
      feed: this.feed,
      scanner: this.scanner,
      codes: this.codes,
      say: this.say,
      words: this.words,
      store: drawer(this.vault, name),
      now: this.now,
      check: (asked) => this.check(asked),
    });
    this.show(`mode ${name}`, () => {
      this.say.heading(this.words(LOOKS[name].title), this.feed.part<Me>("me")?.name ?? "");
      void this.keepAwake();
      const letGo = this.claim();
      const leave = modes[name].show(this.root, phone());
      return () => {
        letGo();
        void this.awake?.release().catch(() => undefined);
        this.awake = null;
        leave();
      };
    });
  }

  /** Two pages at the same work would count past each other: the last one opened has it. */
  private claim(): () => void {
    const locks = navigator.locks as LockManager | undefined;
    if (!locks) return () => undefined;
    let letGo = (): void => undefined;
    const held = new Promise<void>((done) => (letGo = done));
    let mine = true;
    locks.request("field-mode", { steal: true }, () => held).catch(() => {
      if (!mine) return;
      this.showHome();
      this.say.note(this.words("elsewhere"));
    });
    return () => {
      mine = false;
      letGo();
    };
  }

  /** A screen that goes dark in the middle of a queue helps nobody; where the browser cannot, it just does. */
  private async keepAwake(): Promise<void> {
    try {
      this.awake = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      this.awake = null;
    }
  }

  // ---- outbox

  private showOutbox(): void {
    if (this.vault.condition !== "open") return;
    const back = this.backTo();
    this.show("outbox", () => {
      const state = h("section.card.sent");
      const refused = h("section.card.refused", { hidden: true });
      const rules = h("section.card");
      const paint = async (): Promise<void> => {
        const [{ count, since }, list, full] = await Promise.all([this.outbox.waiting(), this.outbox.refused(), fullness()]);
        fill(
          state,
          h("h2.title", null, count ? this.words("waitingCount", { n: count }) : this.words("allSent")),
          since && h("p.quiet", null, this.words("waitingSince", { time: this.words.time(since) })),
          this.statusLine(),
          full !== null && full > NEARLY_FULL && h("p.warn", null, this.words("nearlyFull")),
          !this.stays && count > 0 && h("p.warn", null, this.words("mayEvict")),
        );
        refused.hidden = list.length === 0;
        refused.replaceChildren(
          ...(list.length
            ? [
                h("h2", null, this.words("refusedTitle", { n: list.length })),
                h("p.quiet", null, this.words("refusedAbout")),
                ...list.map((one) =>
                  h(
                    "article", null, h("b", null, this.kindName(one.kind)), h("p", null, one.message || one.code),
                    h("p.quiet", null, `${this.words.time(one.at)} · ${one.seq}`),
                    button(this.words("putAway"), () => void this.outbox.dismiss(one.id), "alt", "check"),
                  ),
                ),
              ]
            : []),
        );
        const ages = ["me", "keys", "points", "pools", "checkpoints", "venues", "tasks", "alerts", "singles"]
          .map((name) => this.feed.age(name))
          .filter((age) => age !== Infinity);
        const oldest = ages.length ? Math.max(...ages) : null;
        fill(
          rules,
          h("h2", null, this.words("rules")),
          h("p", null, oldest === null ? this.words("rulesNever") : this.words("rulesAge", { ago: this.words.ago(oldest) })),
          oldest !== null && oldest > OLD_RULES_S && h("p.warn", null, this.words("rulesOld")),
          button(this.words("refresh"), () => void this.refresh(), "alt", "reset"),
        );
      };
      this.root.replaceChildren(
        state, refused, rules, this.lastResort(),
        h("div.dock.two", null, button(this.words("back"), back, "alt", "left"), button(this.words("sendNow"), () => void this.sender.nudge("asked"), "main", "upload")),
      );
      void paint();
      const [off, offPull] = [this.outbox.on(() => void paint()), this.onPulled(() => void paint())];
      return () => {
        off();
        offPull();
      };
    });
  }

  private kindName(kind: string): string {
    const key = kindKey(kind);
    return key ? this.words(key) : kind;
  }

  private backTo(): () => void {
    const name = document.body.dataset["screen"] ?? "";
    const mode = name.startsWith("mode ") ? (name.slice(5) as ModeName) : null;
    const last = mode ?? this.cameFrom;
    this.cameFrom = last;
    return () => {
      this.cameFrom = null;
      if (last) this.showMode(last);
      else this.showHome();
    };
  }

  private cameFrom: ModeName | null = null;

  private statusLine(): HTMLElement {
    return h("p.status", { role: "status" });
  }

  private lastResort(): HTMLElement {
    return h(
      "details.card", null, h("summary", null, this.words("saveFile")),
      h("p.quiet", null, this.words("saveAbout")),
      button(this.words("saveFile"), () => void this.saveFile(), "alt", "download"),
    );
  }

  private async saveFile(): Promise<void> {
    const file = await this.outbox.exportFile();
    const name = `fangxian-${this.vault.device.id.slice(-8)}-${new Date().toISOString().slice(0, 16).replace(/[-:T]/g, "")}.json`;
    const url = URL.createObjectURL(file);
    const link = h("a", { href: url, download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    this.say.note(this.words("saved"));
  }

  // ---- menu and help

  private async showMenu(): Promise<void> {
    const open = this.vault.condition === "open";
    const sunny = document.documentElement.dataset["contrast"] === "sun";
    const acts: Record<string, () => void> = {
      home: () => this.showHome(),
      outbox: () => this.showOutbox(),
      help: () => this.showHelp(),
      language: () => this.setLanguage(this.language === "zh" ? "en" : "zh"),
      sun: () => {
        document.documentElement.dataset["contrast"] = sunny ? "" : "sun";
        remember("field-contrast", sunny ? "" : "sun");
      },
      sound: () => {
        this.sound.muted = !this.sound.muted;
        this.sound.play("pass");
      },
      install: () => void this.installing?.prompt(),
      lock: () => this.lock(),
    };
    const w = this.words;
    const item = (name: string, sign: string, label: string, spoken?: string): HTMLElement =>
      h("button.item", { type: "button", "data-value": name, "aria-label": spoken ?? null }, icon(sign), h("span", null, label));
    const chosen = await sheet<string>(w("menu"), w, (close) => {
      const items = [
        open && this.vault.hasData && item("home", "home", w("changeMode")),
        open && item("outbox", "upload", w("outbox")),
        item("help", "question", w("help")),
        item("language", "language", w("language"), w("languageLabel")),
        item("sun", "sun", w(sunny ? "sunOff" : "sunOn")),
        item("sound", this.sound.muted ? "sound" : "mute", w(this.sound.muted ? "soundOn" : "soundOff")),
        this.installing && item("install", "download", w("install")),
        open && item("lock", "lock", w("lockNow")),
      ];
      for (const one of items) if (one) one.addEventListener("click", () => close(one.dataset["value"] ?? ""));
      return [h("div.items", null, ...items)];
    });
    if (chosen) acts[chosen]?.();
  }

  private showHelp(): void {
    const back = this.vault.condition === "open" && this.vault.hasData ? this.backTo() : () => this.route();
    this.show("help", () => {
      const points: [string, Key][] = [["qr", "help1"], ["wifi_off", "help2"], ["card", "help3"], ["ambulance", "help4"], ["phone", "help5"], ["reset", "help6"]];
      this.root.replaceChildren(
        h("h2.title.ask", null, this.words("help")),
        h("ul.helps.card", null, ...points.map(([sign, key]) => h("li", null, icon(sign), h("span", null, this.words(key))))),
        h("div.dock", null, button(this.words("back"), back, "main", "left")),
      );
    });
  }

  private setLanguage(language: Language): void {
    this.language = language;
    remember("field-language", language);
    this.words = makeWords(language);
    this.say = this.newScreen();
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    document.title = this.words("app");
    this.menu.setAttribute("aria-label", this.words("menu"));
    this.drill.textContent = this.words("exercise");
    this.renew.textContent = this.words("newVersion");
    this.draw();
    this.paintStatus();
  }

  // ---- what comes down

  private readonly pulled = new Set<() => void>();
  private pulling = false;
  /** Phones that started together do not go on asking together. */
  private readonly pullEvery = PULL_EVERY_MS * (1 + Math.random() / 2);

  private onPulled(listener: () => void): () => void {
    this.pulled.add(listener);
    return () => this.pulled.delete(listener);
  }

  private async pull(): Promise<Pulled | null> {
    const due = Math.abs(Date.now() - this.pulledAt) > this.pullEvery;
    if (this.pulling || !due || document.hidden || this.vault.condition !== "open" || !this.vault.hasData) return null;
    this.pulling = true;
    try {
      const result = await this.feed.pull();
      if (result === "current" || result === "busy") this.pulledAt = Date.now();
      if (result === "revoked" || result === "expired") await this.closed(result);
      if (result === "untrusted") {
        this.pulledAt = Date.now();
        this.say.error(this.words("untrusted"));
      }
      for (const listener of this.pulled) listener();
      return result;
    } finally {
      this.pulling = false;
    }
  }

  private async refresh(): Promise<void> {
    this.pulledAt = 0;
    const result = await this.pull();
    if (result === "current") this.say.note(this.words("refreshed"));
    else if (result !== null && result !== "untrusted") this.say.error(this.words("whyOffline"));
  }

  private paintMe(): void {
    const me = this.feed.part<Me>("me");
    if (!me) return;
    this.drill.hidden = !me.exercise;
    void this.vault.update({ expiresAt: Date.parse(me.expires_at), lockMinutes: me.lock_minutes });
  }

  // ---- the pill and the status line

  /** Counting thousands at each scan would slow the scans. */
  private recountSoon(): void {
    this.counting ??= setTimeout(() => {
      this.counting = null;
      void this.recount();
    }, RECOUNT_MS);
  }

  private counting: ReturnType<typeof setTimeout> | null = null;

  private async recount(): Promise<void> {
    if (this.vault.condition === "new") return;
    const before = this.refusals;
    [{ count: this.count }, this.refusals] = await Promise.all([this.outbox.waiting(), this.outbox.refusals()]);
    if (this.refusals > before && this.vault.condition === "open" && document.body.dataset["screen"] !== "outbox")
      this.say.error(this.words("refusedNow"));
    this.paintStatus();
  }

  private paintStatus(): void {
    const off = !this.out.online() || !this.reached;
    const net = this.words(off ? "offline" : "online");
    const shown = this.vault.condition !== "new" && this.count > 0 ? `${net} ${this.count}` : net;
    if (this.pill.dataset["shown"] !== shown + this.refusals + this.language) {
      this.pill.dataset["shown"] = shown + this.refusals + this.language;
      this.pill.className = `pill ${off ? "off" : ""} ${this.refusals ? "bad" : ""}`;
      this.pill.replaceChildren(h("span", null, net), ...(shown === net ? [] : [h("b", null, this.count)]));
      this.pill.setAttribute("aria-label", this.count ? this.words("pillWaiting", { net, n: this.count }) : net);
    }
    this.pill.disabled = this.vault.condition !== "open";
    const { sending, why, until } = this.sender.status;
    const n = Math.max(1, Math.ceil((until - Date.now()) / 1000));
    const key = sending ? "sending" : this.count === 0 ? null : !this.out.online() ? "whyOffline" : WHY[why];
    const text = key ? this.words(key, { n }) : "";
    for (const line of this.root.querySelectorAll<HTMLElement>(".status")) if (line.textContent !== text) line.textContent = text;
  }

  // ---- new versions: nothing is renewed while something is being written

  private watchVersions(): void {
    const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    if (!workers) return;
    let renewing = false;
    workers.addEventListener("controllerchange", () => {
      if (renewing) location.reload();
    });
    this.beforeRenewal = () => (renewing = true);
    void workers
      .register("/field/sw.js", { scope: "/field/" })
      .then((registration) => {
        const offer = (): void => {
          if (!registration.waiting || !workers.controller) return;
          this.renewal = registration.waiting;
          this.renew.hidden = false;
        };
        offer();
        registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
        setInterval(() => void registration.update().catch(() => undefined), 3600_000);
      })
      .catch(() => undefined); // works without, as long as there is a network
  }

  private beforeRenewal: () => void = () => undefined;

  private async renewNow(): Promise<void> {
    this.renew.textContent = this.words("renewing");
    await this.outbox.idle();
    this.beforeRenewal();
    this.renewal?.postMessage("renew");
  }
}

function chosenLanguage(): Language {
  const kept = remembered("field-language");
  if (kept === "zh" || kept === "en") return kept;
  return navigator.language.startsWith("zh") || !navigator.language.startsWith("en") ? "zh" : "en";
}

function refuse(key: Key): void {
  const words = makeWords(chosenLanguage());
  document.body.replaceChildren(h("main", { id: "screen" }, h("p.card.wait", { role: "alert" }, words(key))));
}

async function begin(): Promise<void> {
  const { wasm = "", icons = "" } = document.body.dataset;
  const assets: Assets = { wasm, icons };
  useIcons(assets);
  if (!globalThis.isSecureContext) return refuse("insecure");
  if (!globalThis.crypto?.subtle || typeof indexedDB === "undefined") return refuse("tooOld");
  let vault: Vault;
  let ahead: number;
  try {
    const db = await openDatabase(undefined, () => location.reload());
    if (!(await keepsKeys(db))) return refuse("noStorage");
    vault = await Vault.open(db);
    ahead = (await vault.ahead()) ?? 0;
  } catch {
    return refuse("noStorage");
  }
  const app = new App(vault, assets, ahead);
  addEventListener("unhandledrejection", (event) => {
    if (event.reason instanceof NoRoom) app.full();
  });
  app.start();
}

void begin();
