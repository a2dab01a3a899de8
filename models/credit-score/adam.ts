/** Steps of Adam (Kingma & Ba 2015) for one array of parameters. */
export interface Adam {
  /** Moves `parameters` against `gradients`, which have the same length. */
  step(parameters: Float64Array, gradients: Float64Array, rate: number): void;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export function createAdam(length: number): Adam {
  const mean = new Float64Array(length);
  const square = new Float64Array(length);
  // Running products instead of powers: only +, ×, ÷ and √, which every machine rounds alike.
  let left1 = 1;
  let left2 = 1;
  return {
    step(parameters, gradients, rate) {
      left1 *= BETA1;
      left2 *= BETA2;
      for (let at = 0; at < length; at += 1) {
        const gradient = gradients[at] ?? 0;
        const meanNow = BETA1 * (mean[at] ?? 0) + (1 - BETA1) * gradient;
        const squareNow = BETA2 * (square[at] ?? 0) + (1 - BETA2) * gradient * gradient;
        mean[at] = meanNow;
        square[at] = squareNow;
        const direction = meanNow / (1 - left1) / (Math.sqrt(squareNow / (1 - left2)) + EPSILON);
        parameters[at] = (parameters[at] ?? 0) - rate * direction;
      }
    },
  };
}
