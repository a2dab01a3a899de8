import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lineOf, repositoryFiles } from './repository.ts';
import type { Problems } from './step.ts';

/** Relative links in Markdown: the file exists, and so does the heading. Links to the web are not followed. */
export function checkLinks(): Problems {
  return repositoryFiles()
    .filter((file) => file.path.endsWith('.md'))
    .flatMap(({ path: from, text }) =>
      [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(({ index, 1: target = '' }) => {
        const problem = problemOf(from, target);
        return problem === undefined ? [] : [`${from}:${lineOf(text, index)}: ${target}: ${problem}`];
      }),
    );
}

function problemOf(from: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [file = '', anchor] = target.split('#', 2);
  const to = file === '' ? from : path.join(path.dirname(from), decodeURI(file));
  if (!existsSync(to)) return 'no such file';
  if (anchor === undefined || !to.endsWith('.md')) return undefined;
  return anchorsOf(readFileSync(to, 'utf8')).has(anchor) ? undefined : `no heading makes #${anchor}`;
}

/** Anchors as GitHub makes them: lower case, punctuation dropped, spaces to hyphens. */
export function anchorsOf(markdown: string): Set<string> {
  return new Set(
    [...withoutCode(markdown).matchAll(/^#{1,6}\s+(.*?)\s*$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Blanks fenced code, keeping every position. */
const withoutCode = (markdown: string): string =>
  markdown.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ' '));
