/**
 * Two-sided p-value of a standard normal statistic: P(|N| >= |z|). By the series of the distribution function up
 * to 3 and the continued fraction of the tail beyond (Abramowitz, Stegun 26.2.11, 26.2.14); relative error below 1e-12.
 */
export function twoSidedP(z: number): number {
  const x = Math.abs(z);
  if (Number.isNaN(x)) return Number.NaN;
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let odd = 3; term > 1e-17 * sum; odd += 2) {
      term *= (x * x) / odd;
      sum += term;
    }
    return 1 - 2 * density * sum;
  }
  let fraction = x;
  for (let k = 150; k > 0; k--) fraction = x + k / fraction;
  return (2 * density) / fraction;
}

/** P(N <= z). */
export function normalCdf(z: number): number {
  const tail = twoSidedP(z) / 2;
  return z < 0 ? tail : 1 - tail;
}

/** z with P(N <= z) = probability, by bisection of `normalCdf`; probability strictly between 0 and 1. */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  let low = -40;
  let high = 0;
  for (let step = 0; step < 70; step++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
