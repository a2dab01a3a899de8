import { MAP, TYPE, ZIP } from '../../plan/instruction.ts';
import type { Lowering, LowerMap } from '../lowering.ts';
import { invalid, refused } from '../refusal.ts';
import type { Value } from '../value.ts';
import { broadcastTo, transposed, unsqueezed } from '../views.ts';
import { product } from './matmul.ts';
import { concat } from './movement.ts';
import { softmax } from './normalization.ts';
import { rotaryEmbedding } from './rotary.ts';

/** Scaled dot-product attention, and the rotation of positions that goes before it. */
export const attention: LowerMap = {
  Attention: (node) => attend(node),
  RotaryEmbedding: (node) => [rotaryEmbedding(node)],
};

/** [batch, places, heads · size] as [batch, heads, places, size]; four dimensions stay. */
function withHeads(node: Lowering, value: Value, heads: number): Value {
  if (value.shape.length === 4) return value;
  const [batch = 1, places = 1, width = 1] = value.shape;
  if (heads < 1 || width % heads !== 0) throw invalid(node.node, `${width} numbers in ${heads} heads`);
  return transposed(node.reshape(value, [batch, places, heads, width / heads]), [0, 2, 1, 3]);
}

/** Scores keep the heads of a group apart: [batch, key heads, group, queries, keys]. */
function attend(node: Lowering): readonly Value[] {
  const { attributes } = node;
  if (node.optional(6)) throw refused(node.node, 'it takes nonpad_kv_seqlen', 'mask the padding by attn_mask');
  const query = withHeads(node, node.input(0), attributes.int('q_num_heads', 0));
  const pastKey = node.optional(4);
  const past = pastKey?.shape[2] ?? 0;
  const whole = (i: number): Value => {
    const own = withHeads(node, node.input(i), attributes.int('kv_num_heads', 0));
    const before = node.optional(3 + i);
    return before ? concat(node, [before, own], 2) : own;
  };
  const [key, value] = [whole(1), whole(2)];
  const [batch = 1, heads = 1, queries = 1, size = 1] = query.shape;
  const [, keyHeads = 1, keys = 1] = key.shape;
  if (heads % keyHeads !== 0) throw invalid(node.node, `${heads} heads for ${keyHeads} key heads`);
  const group = heads / keyHeads;
  const scale = attributes.float('scale', 1 / Math.sqrt(size));
  const scaled = node.zip(ZIP.MUL, query, node.float(scale));
  const grouped = node.reshape(scaled, [batch, keyHeads, group, queries, size]);
  const raw = product(node, grouped, unsqueezed(transposed(key, [0, 1, 3, 2]), 2));
  const shape = [batch, keyHeads, group, queries, keys];
  const capped = softcapped(node, raw);
  const bias = biasOf(node, { keyHeads, group, queries, keys, past });
  const biased = bias ? node.zip(ZIP.ADD, capped, bias) : capped;
  const weights = softmax(node, biased, [4]);
  const result = product(node, weights, unsqueezed(value, 2));
  const apart = node.reshape(result, [batch, heads, queries, value.shape[3] ?? 1]);
  const together = node.input(0).shape.length === 4 ? apart : merged(node, apart);
  if ((node.node.outputs[3] ?? '') === '') return [together, key, value];
  // Numbered in the order of the computation, as onnxruntime does: the cap comes before the mask.
  const stages = [raw, capped, biased, weights];
  const stage = stages[attributes.int('qk_matmul_output_mode', 0)];
  if (!stage) throw invalid(node.node, 'qk_matmul_output_mode must be 0 to 3');
  return [together, key, value, node.reshape(broadcastTo(stage, shape), [batch, heads, queries, keys])];
}

/** [batch, heads, places, size] as [batch, places, heads · size]. */
function merged(node: Lowering, value: Value): Value {
  const [batch = 1, heads = 1, places = 1, size = 1] = value.shape;
  return node.reshape(transposed(value, [0, 2, 1, 3]), [batch, places, heads * size]);
}

function softcapped(node: Lowering, scores: Value): Value {
  const cap = node.attributes.float('softcap', 0);
  if (cap === 0) return scores;
  const bent = node.map(MAP.TANH, node.zip(ZIP.DIV, scores, node.float(cap)));
  return node.zip(ZIP.MUL, bent, node.float(cap));
}

interface Scores {
  readonly keyHeads: number;
  readonly group: number;
  readonly queries: number;
  readonly keys: number;
  /** places that came before the first query */
  readonly past: number;
}

/** What is added to the scores: the mask, and −∞ for keys that come after their query. */
function biasOf(node: Lowering, scores: Scores): Value | undefined {
  const { queries, keys, past } = scores;
  const given = node.optional(3);
  const mask = given && maskOf(node, given, scores);
  if (node.attributes.int('is_causal', 0) === 0) return mask;
  node.requireList(queries * keys);
  const causal = Array.from({ length: queries * keys }, (_, i) =>
    (i % keys) - past > Math.floor(i / keys) ? -Infinity : 0,
  );
  const after = node.floatTensor(causal, [queries, keys]);
  return mask ? node.zip(ZIP.ADD, mask, after) : after;
}

/** A mask of bools or floats in the dimensions of the scores; keys that it does not reach are masked. */
function maskOf(node: Lowering, given: Value, { keyHeads, group, keys }: Scores): Value {
  const never = node.float(-Infinity);
  const added = given.type === TYPE.F32 ? given : node.select(given, node.float(0), never);
  const reach = added.shape.at(-1) ?? 1;
  const rank = added.shape.length;
  const missing = broadcastTo(never, [...added.shape.slice(0, -1), keys - reach]);
  const full = reach === 1 || reach >= keys ? added : concat(node, [added, missing], rank - 1);
  if (rank < 3) return full;
  const heads = full.shape.at(-3) ?? 1;
  if (heads === 1) return unsqueezed(full, rank - 3);
  if (heads !== keyHeads * group) throw invalid(node.node, `a mask of ${heads} heads`);
  return node.reshape(full, [...full.shape.slice(0, -3), keyHeads, group, ...full.shape.slice(-2)]);
}
