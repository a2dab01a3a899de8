import { isNode, textAt } from '../mutants/syntax-tree.ts';
import { type ContractSources, lineOf, walk } from './contract-sources.ts';

/** A place at which a contract refuses. */
export interface RevertSite {
  readonly file: string;
  readonly line: number;
  /** Contract or library. */
  readonly contract: string;
  readonly function: string;
  readonly error: string;
}

/** Every `revert Error(…)` of the shipped contracts, in the order of the files. */
export function revertSites({ files }: ContractSources): readonly RevertSite[] {
  const sites: RevertSite[] = [];
  for (const file of files.values()) {
    let [contract, inside] = ['', ''];
    walk(file.tree, (node) => {
      if (node.nodeType === 'ContractDefinition') contract = textAt(node, 'name');
      if (node.nodeType === 'FunctionDefinition') inside = textAt(node, 'name') || textAt(node, 'kind');
      if (node.nodeType === 'ModifierDefinition') inside = textAt(node, 'name');
      if (node.nodeType !== 'RevertStatement') return;
      const call = node['errorCall'];
      const error = isNode(call) && isNode(call['expression']) ? call['expression'] : undefined;
      const name = error ? textAt(error, 'name') || textAt(error, 'memberName') : '?';
      sites.push({ file: file.path, line: lineOf({ node, file }), contract, function: inside, error: name });
    });
  }
  return sites.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}
