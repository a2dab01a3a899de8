import { describe, expect, it } from 'vitest';
import { parseDemoOptions } from '../../../scripts/demo/demo-options.ts';

describe('the command line of the demo', () => {
  it('without options is the shipped model with its own input', () => {
    const options = parseDemoOptions([]);
    expect(options).toMatchObject({ isDefault: true, jobs: 12, json: false, keep: false, final: false });
    expect(options).toHaveProperty('model', expect.stringMatching(/credit-score\.onnx$/));
    expect(options).toHaveProperty('input', expect.stringMatching(/credit-score\/input\.json$/));
  });

  it('takes any model with any input', () => {
    expect(parseDemoOptions(['--model', 'm.onnx', '--input', 'p.jpg', '--final', '--out', 'pictures'])).toMatchObject({
      isDefault: false,
      model: expect.stringMatching(/m\.onnx$/) as string,
      input: expect.stringMatching(/p\.jpg$/) as string,
      out: expect.stringMatching(/pictures$/) as string,
      final: true,
    });
  });

  it('refuses a model without an input, unknown options and silly numbers', () => {
    expect(parseDemoOptions(['--model', 'm.onnx'])).toEqual({
      text: 'error: --model needs --input: what should it be asked?\n',
      exitCode: 64,
    });
    for (const args of [
      ['--modle', 'm.onnx'],
      ['--jobs', '0'],
      ['--jobs', '13'],
      ['--jobs', 'two'],
    ])
      expect(parseDemoOptions(args)).toMatchObject({ exitCode: 64 });
  });

  it('explains itself', () => {
    const help = parseDemoOptions(['--help']);
    expect(help).toMatchObject({ exitCode: 0 });
    expect(help).toHaveProperty('text', expect.stringContaining('--input <file>'));
  });
});
