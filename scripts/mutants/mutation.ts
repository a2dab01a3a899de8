import type { SyntaxNode } from './syntax-tree.ts';

/** One replacement of bytes of a source. */
export interface Mutation {
  readonly operator: Operator;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

export type Operator =
  | 'negated condition'
  | 'comparison'
  | 'arithmetic'
  | 'deleted statement'
  | 'dropped modifier'
  | 'swapped arguments'
  | 'swapped recipient'
  | 'constant'
  | 'logic'
  | 'shift'
  | 'bits'
  | 'unary';

/** What an operator sees of one place in the tree. */
export interface Place {
  readonly node: SyntaxNode;
  readonly ancestors: readonly SyntaxNode[];
  readonly source: Buffer;
}
