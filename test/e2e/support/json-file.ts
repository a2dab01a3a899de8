import { readFile } from 'node:fs/promises';

/** A JSON file of ours, taken to be what it should be. */
export async function readJsonFile<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}
