import { readdirSync } from 'node:fs';

/**
 * `npm run bench -- NAME [args]`: runs bench/NAME.ts in this process and prints, as the last line, one JSON object with at least
 * {bench, seconds, baseline, ratio}; the lines before it are for people.
 */
interface Bench {
  /** Prints its findings; what it returns, if anything, becomes the JSON line. */
  run(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Promise<unknown>;
}

const [name, ...args] = process.argv.slice(2);
const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.js'));
const loaded =
  name !== undefined && /^[a-z][a-z-]*$/.test(name) && name !== 'main' && files.includes(`${name}.js`)
    ? ((await import(new URL(`${name}.js`, import.meta.url).href)) as Partial<Bench>)
    : {};
if (loaded.run === undefined) {
  console.error(
    'usage: npm run bench -- NAME [args], NAME one of: secure-sum, round, accuracy, training, kernel, psi, binning, vertical-lr, accuracy-vertical, vertical-gbdt, accuracy-gbdt, online, load, faults',
  );
  process.exitCode = 2;
} else {
  const findings = await loaded.run(args, process.env);
  if (typeof findings === 'object') console.log(JSON.stringify({ bench: name, ...findings }));
}
