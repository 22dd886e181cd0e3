/** Terminal colours where there is a terminal to show them. */
const colour = (code: number, text: string) => (process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text);

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function step(number: number, title: string): void {
  say(`\n${colour(36, `${number}.`)} ${colour(1, title)}`);
}

/** Columns as wide as what is in them; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]) =>
    `   ${cells.map((cell, column) => (/^\d+$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ')}`.trimEnd();
  say(colour(2, line(head)));
  for (const row of rows) say(line(row));
}
