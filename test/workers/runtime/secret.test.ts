import { format, inspect } from 'node:util';
import { expect, it } from 'vitest';
import { createLogger } from '../../../workers/runtime/logger.ts';
import { Secret } from '../../../workers/runtime/secret.ts';

it('a secret does not show in text, JSON, the inspector, formatted output or the log', () => {
  const secret = new Secret('hunter2');
  const lines: string[] = [];
  createLogger({ level: 'info', name: 'test' }, { write: (line) => lines.push(line) }).info(
    { secret, deep: { secret } },
    'hello',
  );
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }),
    format('%s %o %j', secret, secret, secret),
    lines.join(''),
  ];
  for (const text of shown) {
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('hunter2');
  }
  expect(secret.reveal()).toBe('hunter2');
});
