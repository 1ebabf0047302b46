/**
 * A line that is typed, with choices below it: the arrow keys move the choice, and the typing goes on.
 * `data-arrows` on the form; the choices are its radio buttons.
 */
export function startChoices(): void {
  document.addEventListener("keydown", (event) => {
    const line = event.target;
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (!(line instanceof HTMLInputElement) || line.type !== "text") return;
    const form = line.closest("form[data-arrows]");
    const choices = [...(form?.querySelectorAll<HTMLInputElement>('input[type="radio"]') ?? [])];
    if (!choices.length) return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const at = choices.findIndex((choice) => choice.checked);
    const next = choices[(at + step + choices.length) % choices.length];
    if (next) next.checked = true;
  });
}
