import { isFiniteBits, isNaNBits } from '../../workers/canonical/arithmetic/float32.ts';
import { twin } from '../../workers/canonical/arithmetic/float32-twin.ts';
import { int32Twin } from '../../workers/canonical/arithmetic/int32.ts';
import type { CaseSource, Subject } from './arithmetic-batches.ts';
import { floatCases, floatPairs, integerCases, integerPairs } from './arithmetic-cases.ts';

/** Functions of `JudgeArithmetic` with the operands to try them on. */
export interface SubjectGroup {
  readonly name: string;
  readonly source: CaseSource;
  readonly subjects: readonly Subject[];
}

const classOf = (x: number): number => (isNaNBits(x) ? 2 : isFiniteBits(x) ? 0 : 1);

/** Everything that `JudgeArithmetic` numbers. */
export const ARITHMETIC: readonly SubjectGroup[] = [
  {
    name: 'Float32, one operand',
    source: floatCases,
    subjects: [
      { name: 'canonical', id: 0, unary: twin.canonical },
      { name: 'sqrt', id: 1, unary: twin.sqrt },
      { name: 'neg', id: 2, unary: twin.neg },
      { name: 'abs', id: 3, unary: twin.abs },
      { name: 'sign', id: 4, unary: twin.sign },
      { name: 'floor', id: 5, unary: twin.floor },
      { name: 'ceil', id: 6, unary: twin.ceil },
      { name: 'trunc', id: 7, unary: twin.trunc },
      { name: 'roundHalfEven', id: 8, unary: twin.roundHalfEven },
      { name: 'toInt32', id: 10, unary: twin.toInt32 },
      { name: 'isNaN and isFinite', id: 11, unary: classOf },
      { name: 'orderKey', id: 12, unary: twin.orderKey },
    ],
  },
  {
    name: 'Float32, two operands',
    source: floatPairs,
    subjects: [
      { name: 'add', id: 0, binary: twin.add },
      { name: 'sub', id: 1, binary: twin.sub },
      { name: 'mul', id: 2, binary: twin.mul },
      { name: 'div', id: 3, binary: twin.div },
      { name: 'fmod', id: 4, binary: twin.fmod },
      { name: 'min', id: 5, binary: twin.min },
      { name: 'max', id: 6, binary: twin.max },
      { name: 'eq', id: 7, binary: twin.eq },
      { name: 'lt', id: 8, binary: twin.lt },
      { name: 'le', id: 9, binary: twin.le },
    ],
  },
  {
    name: 'Int32, one operand',
    source: integerCases,
    subjects: [
      { name: 'fromInt32', id: 9, unary: twin.fromInt32 },
      { name: 'neg', id: 32, unary: int32Twin.neg },
      { name: 'abs', id: 33, unary: int32Twin.abs },
      { name: 'sign', id: 34, unary: int32Twin.sign },
    ],
  },
  {
    name: 'Int32, two operands',
    source: integerPairs,
    subjects: [
      { name: 'add', id: 32, binary: int32Twin.add },
      { name: 'sub', id: 33, binary: int32Twin.sub },
      { name: 'mul', id: 34, binary: int32Twin.mul },
      { name: 'div', id: 35, binary: int32Twin.div },
      { name: 'mod', id: 36, binary: int32Twin.mod },
      { name: 'rem', id: 37, binary: int32Twin.rem },
      { name: 'pow', id: 38, binary: int32Twin.pow },
      { name: 'min', id: 39, binary: int32Twin.min },
      { name: 'max', id: 40, binary: int32Twin.max },
      { name: 'eq', id: 41, binary: int32Twin.eq },
      { name: 'lt', id: 42, binary: int32Twin.lt },
      { name: 'le', id: 43, binary: int32Twin.le },
      { name: 'and', id: 44, binary: int32Twin.and },
      { name: 'or', id: 45, binary: int32Twin.or },
      { name: 'xor', id: 46, binary: int32Twin.xor },
    ],
  },
];
