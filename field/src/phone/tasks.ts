/** My tasks, by place and by when they are due; taken, done or given back, with or without a network. */
import { camera } from "./camera.ts";
import type { Camera } from "./camera.ts";
import { TaskList, isLate } from "./tasklist.ts";
import type { Only, Shown, Task } from "./tasklist.ts";
import type { Field, Mode, Phone } from "./types.ts";
import { button, h } from "./ui.ts";
import { heardByQuestion, inTurn } from "./work.ts";

const LONGEST_CODE = 40;

class TasksScreen {
  private readonly root: HTMLElement;
  private readonly phone: Phone;
  private readonly list: TaskList;
  private readonly body = h("div.work");
  private readonly dock = h("div.dock");
  private readonly run;
  private readonly camera: Camera;
  private shown: string | null = null;
  private only: Only = "all";
  /** The task whose place is being scanned. */
  private scanning: string | null = null;

  constructor(root: HTMLElement, phone: Phone, list: TaskList) {
    this.root = root;
    this.phone = phone;
    this.list = list;
    this.run = inTurn(phone, () => this.draw());
    this.camera = camera(phone, (text) => this.scanned(text));
  }

  show(): () => void {
    const quiet = [this.phone.feed.on("tasks", () => this.draw()), this.phone.scanner.wedge((text) => this.scanned(text))];
    this.root.replaceChildren(this.body, this.dock);
    this.draw();
    return () => {
      for (const stop of quiet) stop();
      this.camera.stop();
    };
  }

  private get tasks(): Task[] {
    return this.phone.feed.part<Task[]>("tasks") ?? [];
  }

  private draw(): void {
    const { words, say } = this.phone;
    const n = this.count("all");
    say.heading(words("modeTasks"), words("tasksHeading", { n }));
    const one = this.tasks.find((task) => task.id === this.shown);
    if (one && this.scanning === one.id) this.drawScan(one);
    else if (one) this.drawOne(one);
    else this.drawAll(this.list.todo(this.tasks, this.only));
  }

  private count(only: Only): number {
    return this.list.todo(this.tasks, only).reduce((sum, place) => sum + place.tasks.length, 0);
  }

  private open(id: string | null): void {
    this.shown = id;
    this.stopScan();
    this.draw();
    this.root.scrollTop = 0;
    this.root.focus();
  }

  private drawAll(places: readonly { place: string; tasks: Task[] }[]): void {
    const { words } = this.phone;
    const { done } = this.list;
    this.body.replaceChildren(
      this.parts(),
      ...(places.length ? [] : [h("p.card.center", null, words("tasksNone"))]),
      ...places.flatMap(({ place, tasks }) => [h("h2.place-name", null, place || words("tasksElsewhere")), ...tasks.map((task) => this.row(task))]),
      ...(done ? [h("p.quiet.center", null, words("tasksDone", { n: done }))] : []),
    );
    this.dock.hidden = true;
  }

  /** All, only mine, only what is late: with how many. */
  private parts(): HTMLElement {
    const { words } = this.phone;
    const part = (only: Only, key: "tasksAll" | "tasksMine" | "tasksLateOnly"): HTMLElement =>
      h(
        "button.part", { type: "button", "aria-pressed": String(this.only === only), onclick: () => this.choose(only) },
        words(key, { n: this.count(only) }),
      );
    return h("div.parts", { role: "group", "aria-label": words("tasksWhich") }, part("all", "tasksAll"), part("mine", "tasksMine"), part("late", "tasksLateOnly"));
  }

  private choose(only: Only): void {
    this.only = only;
    this.draw();
  }

  private row(task: Task): HTMLElement {
    const { words } = this.phone;
    const taken = this.list.state(task) === "taken";
    const late = isLate(task, this.phone.now());
    return h(
      "button.task", { type: "button", class: `task${late ? " late" : taken ? " taken" : ""}`, onclick: () => this.open(task.id) },
      h("header", null, h("b", null, this.title(task)), this.tag(late, taken)),
      task.people.length ? h("p", null, this.people(task).join(words.language === "zh" ? "；" : "; ")) : null,
      task.whose ? h("p", null, task.whose) : null,
      task.due_at ? h("p.num", null, words("tasksDue", { time: words.time(task.due_at) })) : null,
    );
  }

  private title(task: Task): string {
    return task.text || this.phone.words.of(task.title);
  }

  private tag(late: boolean, taken: boolean): HTMLElement | null {
    const { words } = this.phone;
    if (late) return h("span.tag.late", null, words("tasksLate"));
    return taken ? h("span.tag", null, words("tasksTaken")) : null;
  }

  private people(task: Task): string[] {
    return task.people.map(({ name, age }) => (age === null ? name : this.phone.words("tasksPerson", { name, age })));
  }

  private drawOne(task: Task): void {
    const { words } = this.phone;
    const taken = this.list.state(task) === "taken";
    const late = isLate(task, this.phone.now());
    const list = (title: string, lines: readonly string[], numbered: boolean): HTMLElement | null =>
      lines.length ? h("section.card.doing", null, h("h2", null, title), h(numbered ? "ol" : "ul.rows", null, ...lines.map((line) => h("li", null, h("span", null, line))))) : null;
    const parts = [
      h(
        "section.card.task-head", null,
        h("h1", null, this.title(task)),
        h("p", null, task.place),
        task.whose ? h("p", null, task.whose) : null,
        task.due_at ? h("p.num", null, words("tasksDue", { time: words.time(task.due_at) }), " ", this.tag(late, taken)) : null,
      ),
      list(words("tasksWho"), this.people(task), false),
      list(words("tasksSteps"), task.steps.map((step) => words.of(step)), true),
      button(words("tasksBack"), () => this.open(null), "alt", "left"),
    ];
    this.body.replaceChildren(...parts.filter((part) => part !== null));
    this.dock.hidden = false;
    this.dock.className = "dock main-first";
    this.dock.replaceChildren(
      taken
        ? button(words("tasksFinish"), () => void this.finish(task), "main", "check")
        : button(words("tasksTake"), () => void this.run(() => this.list.take(task)), "main", "play"),
      button(words("tasksRefuse"), () => void this.refuse(task), "alt"),
    );
  }

  private async lookIn(task: Task): Promise<void> {
    const { say, words } = this.phone;
    const hows = ["seen", "called", "neighbour"] as const;
    const states = ["well", "needs_help", "emergency", "nobody", "away"] as const;
    const told = await say.form(
      words("visitTitle"),
      [
        { name: "how", label: words("visitHow"), kind: "choice", required: true, choices: hows.map((one) => ({ value: one, label: words(`visitHow_${one}`) })) },
        { name: "found", label: words("visitFound"), kind: "choice", required: true, choices: states.map((one) => ({ value: one, label: words(`visitFound_${one}`) })) },
        { name: "note", label: words("visitNote"), kind: "text", hint: words("visitNoteHint") },
      ],
      words("tasksFinish"),
    );
    if (!told) return;
    await this.run(async () => {
      await this.list.lookedIn(task, told["how"] ?? "", told["found"] ?? "", told["note"] ?? "");
      this.shown = null;
      say.signal("pass");
      say.note(words("tasksFinished", { where: words.of(task.title) }));
    });
  }

  private async finish(task: Task, scanned = ""): Promise<void> {
    const { say, words } = this.phone;
    if (task.kind === "look_in_on") return this.lookIn(task);
    if (task.proof === "scan" && !scanned) return this.startScan(task);
    const asked: Field[] = [];
    if (task.proof === "count")
      asked.push({ name: "counted", label: words("tasksCountAsk"), kind: "number", required: true });
    const noted = task.proof === undefined || task.proof === "note";
    asked.push({ name: "note", label: words("tasksNoteAsk"), kind: "text", required: noted, hint: words("tasksNoteHint") });
    const found = scanned ? { note: "" } : await say.form(words("tasksFinish"), asked, words("tasksFinish"));
    if (!found) return;
    const shown: Shown = { note: found["note"] ?? "" };
    if (task.proof === "count") shown.counted = Number(found["counted"]);
    if (scanned) shown.scanned = scanned;
    await this.run(async () => {
      await this.list.finish(task, shown);
      this.open(null);
      say.signal("pass");
      say.note(words("tasksFinished", { where: this.title(task) }));
    });
  }

  // ---- the code at the place

  private startScan(task: Task): void {
    this.scanning = task.id;
    this.camera.hint(this.phone.words("tasksScan"));
    this.camera.start();
    this.draw();
  }

  private stopScan(): void {
    this.scanning = null;
    this.camera.stop();
  }

  private drawScan(task: Task): void {
    const { words } = this.phone;
    this.body.replaceChildren(this.camera.element, h("section.card.task-head", null, h("h1", null, this.title(task)), h("p", null, task.place)));
    this.dock.hidden = false;
    this.dock.className = "dock main-first";
    this.dock.replaceChildren(
      button(words("tasksTypeCode"), () => void this.typeCode(task), "main", "card"),
      button(words("tasksBack"), () => this.open(task.id), "alt", "left"),
    );
  }

  private async typeCode(task: Task): Promise<void> {
    const { say, words } = this.phone;
    const found = await say.form(words("tasksTypeCode"), [{ name: "code", label: words("tasksTypeCode"), kind: "text", required: true }], words("done"));
    if (found?.["code"]) await this.finish(task, found["code"].slice(0, LONGEST_CODE));
  }

  private scanned(text: string): void {
    if (heardByQuestion(this.phone, text)) return;
    const task = this.tasks.find((one) => one.id === this.scanning);
    if (task) void this.finish(task, text.slice(0, LONGEST_CODE));
  }

  private async refuse(task: Task): Promise<void> {
    const { say, words } = this.phone;
    const usual = ["tasksNotHome", "tasksWrongPlace", "tasksDeclined", "tasksNeedHelp"] as const;
    const choice = await say.ask(words("tasksWhyNot"), [
      ...usual.map((key) => ({ value: words(key), label: words(key) })),
      { value: "other", label: words("tasksOther") },
    ]);
    if (choice === null) return;
    let reason: string = choice;
    if (choice === "other") {
      const found = await say.form(words("tasksWhyNot"), [{ name: "reason", label: words("reason"), kind: "text", required: true }], words("done"));
      if (!found) return;
      reason = found["reason"] ?? "";
    }
    await this.run(async () => {
      await this.list.refuse(task, reason);
      this.open(null);
      say.note(words("tasksRefused"));
    });
  }
}

export const tasks: Mode = {
  name: "tasks",
  show: (root, phone) => {
    let leave = (): void => undefined;
    let left = false;
    void TaskList.load(phone.outbox, phone.store, () => phone.now()).then((list) => {
      if (!left) leave = new TasksScreen(root, phone, list).show();
    });
    return () => {
      left = true;
      leave();
    };
  },
};
