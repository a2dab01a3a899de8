import { styleText } from 'node:util';

/** Where a demo writes: coloured on a terminal that wants it, plain elsewhere. */
export interface Paper {
  line(text?: string): void;
  /** A heading. */
  title(text: string): void;
  /** A row of a list: a name in a column of its own, then the rest. */
  row(name: string, text: string): void;
  /** Shown until the next line replaces it; on a pipe nothing. */
  live(text: string): void;
  readonly ok: string;
  readonly bad: string;
  dim(text: string): string;
  strong(text: string): string;
  alarm(text: string): string;
}

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const NAME_WIDTH = 16;

export function createPaper(out: Terminal, { colour }: { readonly colour: boolean }): Paper {
  let shown = false;
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const clear = (): void => {
    if (shown) out.write('\r\u001b[2K');
    shown = false;
  };
  const line = (text = ''): void => {
    clear();
    out.write(`${text}\n`);
  };
  return {
    line,
    title: (text) => line(`\n${style('bold', text)}`),
    row: (name, text) => line(`  ${style('dim', name.padEnd(NAME_WIDTH))}${text}`),
    live(text) {
      if (out.isTTY !== true) return;
      clear();
      out.write(text.slice(0, (out.columns ?? 80) - 1));
      shown = true;
    },
    ok: style('green', '✓'),
    bad: style('red', '✗'),
    dim: (text) => style('dim', text),
    strong: (text) => style('bold', text),
    alarm: (text) => style('yellow', text),
  };
}

/** Whether to colour: https://no-color.org, and only on a terminal. */
export function wantsColour(out: Terminal, environment: Readonly<Record<string, string | undefined>>): boolean {
  return out.isTTY === true && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}
