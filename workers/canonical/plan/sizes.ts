import { type Instruction, OP } from './instruction.ts';

/** Instructions start at multiples of this many elements: one chunk of the trace's tree. */
export const ALIGNMENT = 64;

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** Elements that an instruction writes. */
export function sizeOf({ dims }: Pick<Instruction, 'dims'>): number {
  return product(dims);
}

/** Elements of the window; 1 without one. */
export function windowSize({ window }: Pick<Instruction, 'window'>): number {
  return product(window);
}

/** Where the next instruction starts. */
export function nextStart(instruction: Pick<Instruction, 'start' | 'dims'>): number {
  return Math.ceil((instruction.start + sizeOf(instruction)) / ALIGNMENT) * ALIGNMENT;
}

/** Whether operand `i` is read once for each element of the window. */
export function readsWindow(op: number, i: number): boolean {
  return op === OP.DOT ? i < 2 : op === OP.FOLD || op === OP.RANK;
}

/** Dimensions in the index of operand `i`: those of the output, and those of the window for the operands that walk it. */
export function indexLength(
  { op, dims, window }: { readonly op: number; readonly dims: readonly number[]; readonly window: readonly number[] },
  i: number,
): number {
  return dims.length + (readsWindow(op, i) ? window.length : 0);
}

/** The sizes of the index of operand `i`. */
export function indexSizes(
  { op, dims, window }: Pick<Instruction, 'op' | 'dims' | 'window'>,
  i: number,
): readonly number[] {
  return readsWindow(op, i) ? [...dims, ...window] : dims;
}

/** Coordinates of the `flat`-th element of a row-major box. */
export function unravel(flat: number, sizes: readonly number[]): readonly number[] {
  const index = new Array<number>(sizes.length).fill(0);
  let rest = flat;
  for (let i = sizes.length - 1; i >= 0; i--) {
    const size = sizes[i] ?? 1;
    index[i] = rest % size;
    rest = Math.floor(rest / size);
  }
  return index;
}
