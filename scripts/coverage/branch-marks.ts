import { child, rangeOf, type SyntaxNode, textAt, walk } from '../mutants/syntax-tree.ts';

/** One decision in a contract: which of its two ways were taken is what branch coverage counts. */
export interface Decision {
  readonly file: string;
  /** One-based, where its condition begins. */
  readonly line: number;
  /** Its source, on one line. */
  readonly condition: string;
  readonly kind: 'if' | 'ternary' | 'loop' | 'require';
}

/** Where the copy keeps what marks branches: among the mocks, which Hardhat is told not to measure. */
export const MARKS_FILE = 'contracts/mocks/BranchMarks.sol';

/**
 * The runner takes a call of 32 bytes to this address for a tag of what was reached: that is how Hardhat's own statements
 * report. Cast to pure, so that it changes no function's mutability.
 */
export const MARKS_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

library BranchMarks {
    function yes(uint256 decision) internal pure returns (bool) {
        _asPure(_send)(decision, 1);
        return true;
    }

    function no(uint256 decision) internal pure returns (bool) {
        _asPure(_send)(decision, 0);
        return false;
    }

    function _send(uint256 decision, uint256 taken) private view {
        assembly ("memory-safe") {
            let tag := mload(0x40)
            mstore(tag, or(shl(1, decision), taken))
            pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, tag, 32, 0, 0))
        }
    }

    function _asPure(
        function(uint256, uint256) internal view marked
    ) private pure returns (function(uint256, uint256) internal pure same) {
        assembly ("memory-safe") {
            same := marked
        }
    }
}
`;

/** What Hardhat records when a decision goes one way. */
export const tagOf = (decision: number, taken: boolean): string =>
  (BigInt(decision) * 2n + BigInt(taken)).toString(16).padStart(64, '0');

/**
 * A source in which every decision tells which way it went, and the decisions, numbered from `first` on. Lines stay where
 * they are. Conditions of inline assembly are not decisions here.
 */
export function markBranches(
  file: string,
  source: Buffer,
  tree: SyntaxNode,
  first: number,
): { readonly marked: string; readonly decisions: readonly Decision[] } {
  const found = [...walk(tree)]
    .flatMap(({ node, ancestors }) => {
      const decision = decisionOf(node);
      return decision === undefined || ancestors.some(isConstant) ? [] : [decision];
    })
    .map(({ condition, kind }) => ({ ...rangeOf(condition), kind }))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  if (found.length === 0) return { marked: source.toString('utf8'), decisions: [] };

  const inserts = found.flatMap(({ start, end }, index) => [
    // Of two at one place the inner one ends first and begins last. The condition itself has no more on the stack than before.
    { at: start, order: index, text: '((' },
    { at: end, order: -index - 1, text: `) ? BranchMarks.yes(${first + index}) : BranchMarks.no(${first + index}))` },
  ]);
  const parts: Buffer[] = [];
  let from = 0;
  for (const { at, text } of inserts.sort((a, b) => a.at - b.at || a.order - b.order)) {
    parts.push(source.subarray(from, at), Buffer.from(text));
    from = at;
  }
  parts.push(source.subarray(from), Buffer.from(`\nimport {BranchMarks} from "${importOf(file)}";\n`));
  const lineAt = (offset: number): number => source.subarray(0, offset).toString('utf8').split('\n').length;
  return {
    marked: Buffer.concat(parts).toString('utf8'),
    decisions: found.map(({ start, end, kind }) => ({
      file,
      line: lineAt(start),
      condition: source.subarray(start, end).toString('utf8').replace(/\s+/g, ' '),
      kind,
    })),
  };
}

function decisionOf(node: SyntaxNode): { condition: SyntaxNode; kind: Decision['kind'] } | undefined {
  const condition = child(node, 'condition');
  if (condition !== undefined) {
    if (node.nodeType === 'IfStatement') return { condition, kind: 'if' };
    if (node.nodeType === 'Conditional') return { condition, kind: 'ternary' };
    if (/^(For|While|DoWhile)Statement$/.test(node.nodeType)) return { condition, kind: 'loop' };
  }
  const called = node.nodeType === 'FunctionCall' ? child(node, 'expression') : undefined;
  const [asked] = Array.isArray(node['arguments']) ? (node['arguments'] as SyntaxNode[]) : [];
  const requires = called?.nodeType === 'Identifier' && /^(require|assert)$/.test(textAt(called, 'name'));
  return requires && asked !== undefined ? { condition: asked, kind: 'require' } : undefined;
}

/** What the compiler has to know by itself cannot report. */
const isConstant = (node: SyntaxNode): boolean =>
  node.nodeType === 'VariableDeclaration' && (node['constant'] === true || textAt(node, 'mutability') === 'constant');

const importOf = (file: string): string =>
  `${'../'.repeat(file.split('/').length - 2) || './'}${MARKS_FILE.replace('contracts/', '')}`;
