import { describe, expect, it } from 'vitest';
import { TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import {
  bitsOfConstant,
  constantOf,
  elementCount,
  isConstant,
  liesInOrder,
  memoryOrder,
  stepsInOrder,
  type Value,
} from '../../../../workers/canonical/compiler/value.ts';
import {
  broadcastShape,
  broadcastTo,
  reshaped,
  sliced,
  squeezed,
  transposed,
  unsqueezed,
} from '../../../../workers/canonical/compiler/views.ts';

/** 0, 1, 2 … row-major. */
function counting(shape: readonly number[]): Value {
  return constantOf(
    shape,
    6,
    TYPE.I32,
    Uint32Array.from({ length: elementCount(shape) }, (_, i) => i),
  );
}

function numbersOf(value: Value | undefined): readonly number[] | undefined {
  return value && isConstant(value) ? [...bitsOfConstant(value)] : undefined;
}

describe('a view', () => {
  it('of a transposed tensor walks the other way', () => {
    expect(numbersOf(transposed(counting([2, 3]), [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('of a slice starts and steps where it says, backwards too', () => {
    expect(numbersOf(sliced(counting([2, 6]), 1, 1, 2, 2))).toEqual([1, 3, 7, 9]);
    expect(numbersOf(sliced(counting([4]), 0, 3, 2, -3))).toEqual([3, 0]);
    expect(numbersOf(sliced(counting([4]), 0, 4, 0))).toEqual([]);
  });

  it('of a broadcast repeats', () => {
    expect(numbersOf(broadcastTo(counting([2, 1]), [2, 2, 3]))).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]);
    expect(() => broadcastTo(counting([2]), [3])).toThrow(RangeError);
    expect(() => broadcastTo(counting([1, 2]), [2])).toThrow(RangeError);
  });

  it('gains and loses dimensions of 1', () => {
    const value = unsqueezed(transposed(counting([2, 3]), [1, 0]), 1);
    expect(value.shape).toEqual([3, 1, 2]);
    expect(numbersOf(squeezed(value, 1))).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('is reshaped where its steps allow it, and only there', () => {
    const turned = transposed(counting([2, 3, 4]), [2, 0, 1]);
    expect(numbersOf(reshaped(turned, [2, 2, 6]))).toEqual(numbersOf(turned));
    expect(numbersOf(reshaped(turned, [4, 6, 1]))).toEqual(numbersOf(turned));
    expect(reshaped(turned, [24])).toBeUndefined();
    expect(reshaped(turned, [8, 3])).toBeUndefined();
  });

  it('keeps its elements under every shape that it can take', () => {
    const shapes = [[24], [2, 12], [3, 8], [4, 6], [2, 3, 4], [4, 1, 3, 2], [6, 2, 2], [1, 24, 1]];
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    let taken = 0;
    for (const order of orders) {
      const value = transposed(counting([2, 3, 4]), order);
      for (const shape of shapes) {
        const view = reshaped(value, shape);
        if (!view) continue;
        taken += 1;
        expect([view.shape, numbersOf(view)]).toEqual([shape, numbersOf(value)]);
      }
    }
    expect(taken).toBeGreaterThan(shapes.length);
  });

  it('knows how it lies in memory', () => {
    const image = { ...counting([2, 3, 4, 5]), steps: stepsInOrder([2, 3, 4, 5], [0, 2, 3, 1]) };
    expect(image.steps).toEqual([60, 1, 15, 3]);
    expect(memoryOrder(image)).toEqual([0, 2, 3, 1]);
    expect(liesInOrder(image, [0, 2, 3, 1])).toBe(true);
    expect(liesInOrder(image, [0, 1, 2, 3])).toBe(false);
  });
});

describe('the shape that shapes broadcast to', () => {
  it.each([
    [
      [[2, 3], [3]],
      [2, 3],
    ],
    [
      [[2, 1], [3], []],
      [2, 3],
    ],
    [[[1], [0]], [0]],
    [[[2], [3]], undefined],
  ])('%j is %j', (shapes, expected) => {
    expect(broadcastShape(shapes)).toEqual(expected);
  });
});
