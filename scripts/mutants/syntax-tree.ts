/** A node of solc's syntax tree; only what the mutator reads is known of it. */
export interface SyntaxNode {
  readonly nodeType: string;
  /** `start:length:file`, in bytes of the source. */
  readonly src: string;
  readonly [key: string]: unknown;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value;
}

/** A node under a key, where there is one. */
export function child(node: SyntaxNode, key: string): SyntaxNode | undefined {
  const value = node[key];
  return isNode(value) ? value : undefined;
}

/** The nodes of a list under a key. */
export function children(node: SyntaxNode, key: string): SyntaxNode[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** A text under a key, such as a name or an operator; empty when there is none. */
export function textAt(node: SyntaxNode, key: string): string {
  const value = node[key];
  return typeof value === 'string' ? value : '';
}

/** Where a node is: bytes of the source, end excluded. */
export function rangeOf({ src }: SyntaxNode): { readonly start: number; readonly end: number } {
  const [start = 0, length = 0] = src.split(':').map(Number);
  return { start, end: start + length };
}

/** The type of an expression without its storage location. */
export function typeOf(node: SyntaxNode): string {
  const types = node['typeDescriptions'];
  const text = typeof types === 'object' && types !== null && 'typeString' in types ? types.typeString : undefined;
  return typeof text === 'string' ? text.replace(/ (storage|memory|calldata)( ref| pointer| slice)?/g, '') : '';
}

/** Every node below and including `node`, parents first, with its ancestors from the nearest outwards. */
export function* walk(
  node: SyntaxNode,
  ancestors: readonly SyntaxNode[] = [],
): Generator<{ readonly node: SyntaxNode; readonly ancestors: readonly SyntaxNode[] }> {
  yield { node, ancestors };
  const inner = [node, ...ancestors];
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(item)) yield* walk(item, inner);
    }
  }
}
