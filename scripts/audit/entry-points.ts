import { children, isNode, type SyntaxNode, textAt } from '../mutants/syntax-tree.ts';
import { type ContractSources, type Declared, lineage, sourceOf, walk } from './contract-sources.ts';

/** A function of a deployed contract that can change something. */
export interface EntryPoint {
  readonly contract: string;
  readonly name: string;
  readonly selector: string;
  /** Where it is written. */
  readonly declaredIn: string;
  readonly payable: boolean;
  readonly modifiers: readonly string[];
  /** Conditions on the caller under which it refuses, as the source has them, those of what it calls among them. */
  readonly refusals: readonly string[];
  /** Names of state variables that the caller is compared with. */
  readonly comparedWith: readonly string[];
  /** Whether it acts on what belongs to the caller. */
  readonly ownAffairs: boolean;
}

/** Every external and public function of a contract that is not a view, the inherited ones among them. */
export function entryPointsOf(contract: string, sources: ContractSources): readonly EntryPoint[] {
  const found = new Map<string, EntryPoint>();
  for (const base of lineage(contract, sources)) {
    for (const node of children(base.node, 'nodes')) {
      if (node.nodeType !== 'FunctionDefinition' || node['implemented'] !== true) continue;
      const selector = textAt(node, 'functionSelector') || textAt(node, 'kind');
      if (!isOpen(node) || found.has(selector)) continue;
      found.set(selector, describe(contract, selector, { node, file: base.file }, base, sources));
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isOpen(node: SyntaxNode): boolean {
  const kind = textAt(node, 'kind');
  if (kind === 'constructor' || kind === 'freeFunction') return false;
  const changes = !['view', 'pure'].includes(textAt(node, 'stateMutability'));
  return changes && ['external', 'public'].includes(textAt(node, 'visibility'));
}

function describe(
  contract: string,
  selector: string,
  declared: Declared,
  base: Declared,
  sources: ContractSources,
): EntryPoint {
  const reached = reachable(declared, sources);
  const conditions = reached.flatMap((one) => callerConditions(one));
  const comparedWith = conditions.flatMap(({ node }) => {
    const names: string[] = [];
    walk(node, (part) => {
      const id = part['referencedDeclaration'];
      const target = typeof id === 'number' ? sources.byId.get(id)?.node : undefined;
      if (target?.['stateVariable'] === true) names.push(textAt(target, 'name'));
    });
    return names;
  });
  const modifiers = children(declared.node, 'modifiers').map((one) => {
    const name = one['modifierName'];
    return isNode(name) ? textAt(name, 'name') : '';
  });
  const ownAffairs = reached.some(({ node }) => contains(node, isCallersOwn));
  return {
    contract,
    name: textAt(declared.node, 'name') || textAt(declared.node, 'kind'),
    selector,
    declaredIn: textAt(base.node, 'name'),
    payable: textAt(declared.node, 'stateMutability') === 'payable',
    modifiers,
    refusals: [...new Set(conditions.map((condition) => sourceOf(condition)))],
    comparedWith: [...new Set(comparedWith)],
    ownAffairs,
  };
}

/** A function, its modifiers, and every internal function that it calls, of ours. */
function reachable(from: Declared, { byId, files }: ContractSources): readonly Declared[] {
  const seen = new Map<number, Declared>();
  const enter = (one: Declared): void => {
    const id = one.node['id'];
    if (typeof id !== 'number' || seen.has(id) || !files.has(one.file.path)) return;
    seen.set(id, one);
    walk(one.node, (part) => {
      const target = part['referencedDeclaration'];
      const next = typeof target === 'number' ? byId.get(target) : undefined;
      if (!next) return;
      const internal = ['internal', 'private'].includes(textAt(next.node, 'visibility'));
      if (next.node.nodeType === 'ModifierDefinition') enter(next);
      if (next.node.nodeType === 'FunctionDefinition' && internal) enter(next);
    });
  };
  enter(from);
  return [...seen.values()];
}

/** Conditions about the caller of `if (…) revert`. */
function callerConditions({ node, file }: Declared): readonly Declared[] {
  const found: Declared[] = [];
  walk(node, (part) => {
    const condition = part['condition'];
    if (part.nodeType !== 'IfStatement' || !isNode(condition)) return;
    if (contains(condition, isCaller) && isRefusal(part['trueBody'])) found.push({ node: condition, file });
  });
  return found;
}

function contains(node: SyntaxNode, matches: (node: SyntaxNode) => boolean): boolean {
  let found = false;
  walk(node, (part) => {
    found ||= matches(part);
  });
  return found;
}

/** `revert …`, alone or first in its block. */
function isRefusal(body: unknown): boolean {
  if (!isNode(body)) return false;
  const first = body.nodeType === 'Block' ? children(body, 'statements')[0] : body;
  return first?.nodeType === 'RevertStatement';
}

function isCaller(node: SyntaxNode): boolean {
  const of = node['expression'];
  return (
    node.nodeType === 'MemberAccess' &&
    textAt(node, 'memberName') === 'sender' &&
    isNode(of) &&
    textAt(of, 'name') === 'msg'
  );
}

/** `x[msg.sender]`, or the caller handed on as the one whom it concerns. */
function isCallersOwn(node: SyntaxNode): boolean {
  const index = node['indexExpression'];
  if (node.nodeType === 'IndexAccess' && isNode(index)) return isCaller(index);
  return node.nodeType === 'FunctionCall' && children(node, 'arguments').some(isCaller);
}
