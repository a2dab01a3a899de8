import type { Mutation, Operator, Place } from './mutation.ts';
import { child, children, rangeOf, type SyntaxNode, textAt, typeOf } from './syntax-tree.ts';

/** Each pair of operators that take each other's place. */
const SWAPS: Readonly<Record<string, readonly [Operator, string]>> = {
  '<': ['comparison', '<='],
  '<=': ['comparison', '<'],
  '>': ['comparison', '>='],
  '>=': ['comparison', '>'],
  '==': ['comparison', '!='],
  '!=': ['comparison', '=='],
  '+': ['arithmetic', '-'],
  '-': ['arithmetic', '+'],
  '*': ['arithmetic', '/'],
  '/': ['arithmetic', '*'],
  '%': ['arithmetic', '*'],
  '+=': ['arithmetic', '-='],
  '-=': ['arithmetic', '+='],
  '*=': ['arithmetic', '/='],
  '/=': ['arithmetic', '*='],
  '++': ['arithmetic', '--'],
  '--': ['arithmetic', '++'],
  '&&': ['logic', '||'],
  '||': ['logic', '&&'],
  '<<': ['shift', '>>'],
  '>>': ['shift', '<<'],
  '<<=': ['shift', '>>='],
  '>>=': ['shift', '<<='],
  '&': ['bits', '|'],
  '|': ['bits', '&'],
  '^': ['bits', '&'],
  '&=': ['bits', '|='],
  '|=': ['bits', '&='],
};

const text = (source: Buffer, node: SyntaxNode): string => {
  const { start, end } = rangeOf(node);
  return source.toString('utf8', start, end);
};
const replace = (operator: Operator, node: SyntaxNode, replacement: string): Mutation => ({
  operator,
  ...rangeOf(node),
  replacement,
});

/** The operator's sign between two operands: the comments and spaces around it stay. */
function swappedSign(place: Place, from: number, to: number): Mutation[] {
  const sign = textAt(place.node, 'operator');
  const swap = SWAPS[sign];
  const at = place.source.indexOf(sign, from);
  if (swap === undefined || at === -1 || at + sign.length > to) return [];
  return [{ operator: swap[0], start: at, end: at + sign.length, replacement: swap[1] }];
}

/** `!(…)` around what an `if`, a loop, a choice or a `require` asks. */
function negatedConditions({ node, source }: Place): Mutation[] {
  const asked =
    node.nodeType === 'FunctionCall' && textAt(child(node, 'expression') ?? node, 'name') === 'require'
      ? children(node, 'arguments')[0]
      : ['IfStatement', 'Conditional', 'WhileStatement', 'ForStatement', 'DoWhileStatement'].includes(node.nodeType)
        ? child(node, 'condition')
        : undefined;
  return asked === undefined ? [] : [replace('negated condition', asked, `!(${text(source, asked)})`)];
}

function swappedOperators(place: Place): Mutation[] {
  const { node, ancestors, source } = place;
  if (node.nodeType === 'BinaryOperation') {
    const [left, right] = [child(node, 'leftExpression'), child(node, 'rightExpression')];
    if (left === undefined || right === undefined) return [];
    // An equality that is the whole condition is negated already.
    const whole = ancestors[0] !== undefined && child(ancestors[0], 'condition') === node;
    if (whole && ['==', '!='].includes(textAt(node, 'operator'))) return [];
    return swappedSign(place, rangeOf(left).end, rangeOf(right).start);
  }
  if (node.nodeType === 'Assignment') {
    const [left, right] = [child(node, 'leftHandSide'), child(node, 'rightHandSide')];
    return left && right ? swappedSign(place, rangeOf(left).end, rangeOf(right).start) : [];
  }
  if (node.nodeType !== 'UnaryOperation') return [];
  const inner = child(node, 'subExpression');
  if (inner === undefined) return [];
  if (['!', '-', '~'].includes(textAt(node, 'operator'))) return [replace('unary', node, text(source, inner))];
  const { start, end } = rangeOf(node);
  return swappedSign(place, start, end);
}

/** Calls, assignments, events and reverts that do not happen. */
function deletedStatements({ node, source }: Place): Mutation[] {
  if (!['ExpressionStatement', 'EmitStatement', 'RevertStatement'].includes(node.nodeType)) return [];
  const { start, end } = rangeOf(node);
  // The semicolon belongs to the statement, not to its range.
  const rest = source.toString('utf8', end, end + 40);
  const tail = /^\s*;/.exec(rest)?.[0].length;
  return tail === undefined ? [] : [{ operator: 'deleted statement', start, end: end + tail, replacement: '{}' }];
}

function droppedModifiers({ node }: Place): Mutation[] {
  return node.nodeType === 'ModifierInvocation' && textAt(node, 'kind') === 'modifierInvocation'
    ? [replace('dropped modifier', node, '')]
    : [];
}

function swappedArguments({ node, source }: Place): Mutation[] {
  if (node.nodeType !== 'FunctionCall' || textAt(node, 'kind') === 'typeConversion') return [];
  const given = children(node, 'arguments');
  return given.flatMap((first, index) => {
    const second = given.slice(index + 1).find((other) => typeOf(other) === typeOf(first));
    if (second === undefined) return [];
    const [a, b] = [text(source, first), text(source, second)];
    if (a === b) return [];
    const [{ start }, { end }] = [rangeOf(first), rangeOf(second)];
    const between = source.toString('utf8', rangeOf(first).end, rangeOf(second).start);
    return [{ operator: 'swapped arguments' as const, start, end, replacement: `${b}${between}${a}` }];
  });
}

/** Another account than the one that a call or a mapping names: a parameter of the function, the caller, or the contract. */
function swappedRecipients({ node, ancestors, source }: Place): Mutation[] {
  const named =
    node.nodeType === 'FunctionCall' && ['functionCall'].includes(textAt(node, 'kind'))
      ? children(node, 'arguments')
      : node.nodeType === 'IndexAccess'
        ? [child(node, 'indexExpression')].filter((index) => index !== undefined)
        : [];
  const inFunction = ancestors.find(({ nodeType }) => nodeType === 'FunctionDefinition');
  if (inFunction === undefined || ancestors[0]?.nodeType === 'RevertStatement') return [];
  const parameters = child(inFunction, 'parameters');
  const pool = [
    ...children(parameters ?? inFunction, 'parameters')
      .filter((parameter) => typeOf(parameter) === 'address')
      .map((parameter) => textAt(parameter, 'name')),
    'msg.sender',
    'address(this)',
  ].filter((name) => name !== '');
  return named
    .filter((account) => ['address', 'address payable'].includes(typeOf(account)))
    .flatMap((account) => {
      const other = pool.find((name) => name !== text(source, account));
      return other === undefined ? [] : [replace('swapped recipient', account, other)];
    });
}

function changedConstants({ node, ancestors, source }: Place): Mutation[] {
  if (node.nodeType !== 'Literal' || ancestors[0]?.nodeType === 'ArrayTypeName') return [];
  const written = text(source, node);
  if (textAt(node, 'kind') === 'bool') return [replace('constant', node, written === 'true' ? 'false' : 'true')];
  if (textAt(node, 'kind') !== 'number' || /^0x[0-9a-fA-F]{40}$/.test(written)) return [];
  const more = replace('constant', node, `(${written} + 1)`);
  return written === '0' ? [more] : [more, replace('constant', node, `(${written} - 1)`)];
}

/** Every change of one place in Solidity. */
export function solidityMutations(place: Place): Mutation[] {
  return [
    negatedConditions,
    swappedOperators,
    deletedStatements,
    droppedModifiers,
    swappedArguments,
    swappedRecipients,
    changedConstants,
  ].flatMap((operator) => operator(place));
}
