import { lineOf, repositoryFiles, type SourceFile } from './repository.ts';
import type { Problems } from './step.ts';

const LINES_ALLOWED = { '.ts': 400, '.sol': 600 } as const;
/** Names that say nothing about what is inside. */
const VAGUE = /(^|\/)(utils?|types|helpers?|index|common|misc)\.ts$/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|t|d))*\.(ts|mjs|cjs)$/;
const GENERATED = /^(package-lock\.json|deployments\/)/;

/** Rules about the files themselves. Exported for its test; `checkHygiene` runs it over the repository. */
export function hygieneOf(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !GENERATED.test(path))
    .flatMap((file) => [...names(file), ...sizes(file), ...words(file), ...skips(file)]);
}

export function checkHygiene(): Problems {
  const files = repositoryFiles();
  const lock = files.find(({ path }) => path === 'package-lock.json');
  return [...hygieneOf(files), ...(lock ? lockFile(lock) : ['package-lock.json is missing'])];
}

function names({ path }: SourceFile): string[] {
  const base = path.slice(path.lastIndexOf('/') + 1);
  if (!/\.(ts|mjs)$/.test(base)) return [];
  if (VAGUE.test(path)) return [`${path}: name the file for the one thing it does`];
  // Deploy scripts are ordered by their number: 01_staking.ts.
  return KEBAB.test(base.replace(/^\d+_/, '').replaceAll('_', '-')) ? [] : [`${path}: file names are kebab-case`];
}

function sizes({ path, text }: SourceFile): string[] {
  const lines = text.split('\n').length - 1;
  const allowed = Object.entries(LINES_ALLOWED).find(([extension]) => path.endsWith(extension))?.[1];
  return allowed !== undefined && lines > allowed ? [`${path}: ${lines} lines, at most ${allowed}: split it`] : [];
}

function words({ path, text }: SourceFile): string[] {
  const rules: readonly [RegExp, string][] = [
    // An absolute path of one person's machine; /tmp, /usr and the like are the same everywhere.
    [/(?<![\w.:~/-])\/(home|Users|root|work|workspace|mnt)\/[\w.-]+/g, 'a path of one machine'],
    [/\b[A-Z]:\\\\?Users\\/g, 'a path of one machine'],
    [/^\s*(registry|\/\/[^\n]*:_authToken)\s*=/gm, 'a package registry belongs in the user configuration'],
  ];
  return rules.flatMap(([pattern, problem]) =>
    [...text.matchAll(pattern)].map(
      ({ index, 0: found }) => `${path}:${lineOf(text, index)}: ${found.trim()}: ${problem}`,
    ),
  );
}

/** A focused test hides all others; a skipped one says why on its own line or the line above. */
function skips({ path, text }: SourceFile): string[] {
  if (!/^test\/.*\.ts$/.test(path)) return [];
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const place = `${path}:${index + 1}`;
    if (/\b(describe|it|test|suite)\.only\b/.test(line)) return [`${place}: .only hides the other tests`];
    if (!/\b(describe|it|test|suite)\.(skip|todo)\b\s*\(/.test(line)) return [];
    return /\/\/\s*\S/.test(line) || /^\s*\/\//.test(lines[index - 1] ?? '')
      ? []
      : [`${place}: say in a comment why this is skipped`];
  });
}

function lockFile({ path, text }: SourceFile): string[] {
  const { packages } = JSON.parse(text) as {
    packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
  };
  const resolved = Object.keys(packages).filter((key) => packages[key]?.resolved?.startsWith('http'));
  const absent = Object.entries(packages).flatMap(([owner, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !Object.keys(packages).some((key) => key.endsWith(`node_modules/${name}`)))
      .map((name) => `${path}: ${name}, needed by ${owner}, is missing: node scripts/complete-lock.mjs`),
  );
  return [
    ...resolved.map((key) => `${path}: ${key} names its registry: npm install again with the project's .npmrc`),
    ...absent,
  ];
}
