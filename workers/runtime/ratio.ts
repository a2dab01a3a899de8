import { field } from './config-fields.ts';

/** A part of a whole, from 0 to 1. */
export const ratio = () =>
  field({ type: 'ratio', expected: 'a number from 0 to 1', example: '0.25' }, (value) => {
    const number = /^[01](\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN;
    return number >= 0 && number <= 1 ? number : undefined;
  });
