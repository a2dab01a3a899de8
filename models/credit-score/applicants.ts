import type { Random } from './random.ts';

/** The ten features in input order. Each is scaled linearly to 0..1 from the range given, and cut off outside it. */
export const FEATURES = [
  { name: 'income', meaning: 'yearly income, 0 to 200,000' },
  { name: 'debt_to_income', meaning: 'yearly debt payments as a share of income, 0 to 1' },
  { name: 'years_employed', meaning: 'years in the present work, 0 to 30' },
  { name: 'on_time_share', meaning: 'share of payments made on time, 0 to 1' },
  { name: 'missed_payments', meaning: 'payments missed in two years, 0 to 12' },
  { name: 'credit_used', meaning: 'share of the credit lines in use, 0 to 1' },
  { name: 'history_years', meaning: 'age of the oldest account, 0 to 30 years' },
  { name: 'enquiries', meaning: 'applications for credit in a year, 0 to 10' },
  { name: 'accounts', meaning: 'open accounts, 0 to 20' },
  { name: 'savings_months', meaning: 'months of spending held as savings, 0 to 24' },
] as const;

/** A made-up applicant. `values` follow `FEATURES`; `label` is 1 when the loan was repaid in this invented world. */
export interface Applicant {
  readonly values: readonly number[];
  readonly label: 0 | 1;
}

// How strongly each feature speaks for repayment; the two products and the square below are what a line cannot learn.
const WEIGHTS = [2.4, -2.6, 1.2, 2.8, -3.0, -1.4, 1.0, -1.3, 0, 1.5];
const BIAS = -0.9;
const NOISE = 0.6;

/** The written-down rule: above 0 the loan is repaid. Real lending has no such rule. */
export function rule(values: readonly number[]): number {
  const at = (name: (typeof FEATURES)[number]['name']): number =>
    values[FEATURES.findIndex((feature) => feature.name === name)] ?? 0;
  const linear = WEIGHTS.reduce((sum, weight, index) => sum + weight * (values[index] ?? 0), BIAS);
  const squeezed = -3 * at('debt_to_income') * at('credit_used');
  const cushioned = 2 * at('savings_months') * at('missed_payments');
  const scattered = -4 * (at('accounts') - 0.35) ** 2;
  return linear + squeezed + cushioned + scattered;
}

/** Draws an applicant: features that hang together through one hidden trait, and a label from the rule plus noise. */
export function drawApplicant(random: Random): Applicant {
  const prudence = random.normal();
  const draw = (mean: number, pull: number, spread: number): number =>
    rounded(mean + pull * prudence + spread * random.normal());
  const values = [
    draw(0.35, 0.06, 0.15),
    draw(0.4, -0.08, 0.17),
    draw(0.3, 0.05, 0.2),
    draw(0.8, 0.09, 0.12),
    draw(0.2, -0.09, 0.14),
    draw(0.45, -0.12, 0.2),
    draw(0.4, 0.04, 0.2),
    draw(0.3, -0.05, 0.18),
    draw(0.35, 0, 0.18),
    draw(0.25, 0.1, 0.15),
  ];
  return { values, label: rule(values) + NOISE * random.normal() > 0 ? 1 : 0 };
}

/** Four decimals, so that the JSON shows exactly what was used. */
function rounded(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
}
