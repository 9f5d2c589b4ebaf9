/**
 * exp, log-loss and sigmoid from additions, products and quotients only. ECMAScript leaves the last bit of
 * Math.exp and Math.log to the engine; participants on different versions must report the same metrics, bit
 * for bit. Relative error below 1e-15 for |x| <= 40.
 */
/** ln 2 in two parts, the first with zeros at its end so that small multiples are exact. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

function expOf(x: number): number {
  const halvings = Math.round(x / (ln2High + ln2Low));
  const rest = x - halvings * ln2High - halvings * ln2Low;
  let term = 1;
  let sum = 1;
  for (let power = 1; power <= 16; power++) {
    term *= rest / power;
    sum += term;
  }
  const factor = halvings < 0 ? 0.5 : 2;
  for (let step = Math.abs(halvings); step > 0; step--) sum *= factor;
  return sum;
}

/** ln(1 + u) for 0 <= u <= 1, as 2 artanh(u / (2 + u)). */
function logOnePlus(u: number): number {
  const t = u / (2 + u);
  const square = t * t;
  let power = t;
  let sum = 0;
  for (let odd = 1; odd <= 37; odd += 2) {
    sum += power / odd;
    power *= square;
  }
  return 2 * sum;
}

/** Probability of "bad" at given log-odds. */
export function probabilityOf(logOdds: number): number {
  const decay = expOf(-Math.abs(logOdds));
  return logOdds >= 0 ? 1 / (1 + decay) : decay / (1 + decay);
}

/** Cross-entropy of a bad row at given log-odds: ln(1 + exp(-z)); a good row has that of -z. */
export function lossOfBad(logOdds: number): number {
  return Math.max(-logOdds, 0) + logOnePlus(expOf(-Math.abs(logOdds)));
}
