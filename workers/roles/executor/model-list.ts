import { type ModelId, parseModelId } from '../../protocol/ids.ts';
import { field } from '../../runtime/config-fields.ts';

/** `any`, or model ids separated by commas, none twice. */
export const modelList = () =>
  field(
    {
      type: 'any | model ids',
      expected: 'any, or model ids (0x and 64 hex digits) separated by commas, none twice',
      example: 'any',
    },
    readModels,
  );

function readModels(value: string): 'any' | readonly ModelId[] | undefined {
  if (value === 'any') return value;
  try {
    const ids = value.split(',').map((id) => parseModelId(id.trim()));
    return new Set(ids).size === ids.length ? ids : undefined;
  } catch {
    return undefined;
  }
}
