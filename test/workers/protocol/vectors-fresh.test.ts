import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vectorFiles } from '../../../scripts/gen/vector-files.ts';

const folder = new URL('../../vectors/', import.meta.url);

describe('shared test vectors', () => {
  it.each(Object.entries(vectorFiles()))('%s is what `node scripts/gen/vectors.ts` writes', (name, content) => {
    expect(readFileSync(new URL(name, folder), 'utf8')).toBe(`${JSON.stringify(content, null, 2)}\n`);
  });

  it('are all generated', () => {
    expect(readdirSync(folder).toSorted()).toEqual(Object.keys(vectorFiles()).toSorted());
  });
});
