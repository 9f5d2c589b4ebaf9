import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundledLoans, creditFolder, type DealtRows, installPolicy } from './deal.js';

/** Features of each side, as in the reference results that the test looks up. */
const columns = {
  bank: ['Records', 'Amount', 'Price', 'Time', 'Debt', 'Assets', 'Expenses'],
  platform: ['Seniority', 'Home', 'Age', 'Marital', 'Job', 'Income'],
} as const;

export const pairDatasets = { bank: 'loans', platform: 'customers' } as const;
export type PairSide = keyof typeof pairDatasets;

/** Shares of all rows, by a fixed shuffle: the rest is common. Of the bank's customers the platform has 90 %. */
const platformOnlyShare = 0.05;
const bankOnlyShare = 0.1 * (1 - platformOnlyShare);

export interface DealtPair {
  readonly bank: DealtRows;
  readonly platform: DealtRows;
  /** Customers of both. */
  readonly common: number;
}

/**
 * Deals the bundled loans out as if a bank and a platform knew the same customers from two sides: the bank outcome, split
 * (`held_out`: id % 5 == 0) and its features, the platform other features and no outcome. Customers are known by a key
 * that the platform writes in several ways; files are in different orders. Writes `OUTFOLDER/{loans,customers}.csv`.
 */
export async function dealPair({ outFolder }: { readonly outFolder: string }): Promise<DealtPair> {
  const loans = await bundledLoans();
  const shuffled = [...loans].sort((a, b) => shuffleOf(a.id!) - shuffleOf(b.id!));
  const platformOnly = Math.round(loans.length * platformOnlyShare);
  const bankOnly = Math.round(loans.length * bankOnlyShare);
  const ofPlatform = [...shuffled.slice(0, platformOnly), ...shuffled.slice(platformOnly + bankOnly)];
  const notOfBank = new Set(shuffled.slice(0, platformOnly));
  const ofBank = loans.filter((loan) => !notOfBank.has(loan));
  await mkdir(outFolder, { recursive: true });
  const write = async (side: PairSide, header: readonly string[], rows: readonly string[][]) => {
    const path = join(outFolder, `${pairDatasets[side]}.csv`);
    await writeFile(path, `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`, { mode: 0o600 });
    return { name: side, path, rows: rows.length };
  };
  return {
    bank: await write(
      'bank',
      ['customer', 'y', 'held_out', ...columns.bank],
      ofBank.map((loan) => [
        keyOf(loan.id!),
        loan.y!,
        Number(loan.id) % 5 === 0 ? '1' : '0',
        ...columns.bank.map((name) => loan[name]!),
      ]),
    ),
    platform: await write(
      'platform',
      ['member', ...columns.platform],
      ofPlatform.map((loan) => [carelessKeyOf(loan.id!), ...columns.platform.map((name) => loan[name]!)]),
    ),
    common: loans.length - platformOnly - bankOnly,
  };
}

/** Puts one side into a participant's home: rows, dataset file, and its policy for this coordinator. */
export async function installSide(
  home: string,
  side: PairSide,
  rows: DealtRows,
  coordinator: { readonly name: string; readonly caFingerprint: string },
): Promise<void> {
  const folder = join(home, 'datasets');
  await mkdir(folder, { recursive: true });
  const name = pairDatasets[side];
  await copyFile(join(creditFolder(), 'pair', `${name}.yaml`), join(folder, `${name}.yaml`));
  await copyFile(rows.path, join(folder, `${name}.csv`));
  await installPolicy(home, coordinator, join('pair', `${side}-policy.yaml`));
}

/** A fixed order that has nothing to do with ids: multiplicative hashing (Knuth, TAOCP vol. 3, 6.4). */
function shuffleOf(id: string): number {
  return Math.imul(Number(id), 0x9e3779b1) >>> 0;
}

/** One key a customer: 10,000,019 is a prime above every id, so no two ids share a remainder. */
function keyOf(id: string): string {
  const digits = String((Number(id) * 7919 + 1_234_567) % 10_000_019).padStart(8, '0');
  return `C${digits}${'KMRX'[Number(id) % 4]}`;
}

/** The same key as several generations of a platform's forms left it. */
function carelessKeyOf(id: string): string {
  const key = keyOf(id);
  switch (Number(id) % 5) {
    case 1:
      return key.toLowerCase();
    case 2:
      return `  ${key} `;
    case 3:
      return fullWidth(key);
    case 4:
      return `${fullWidth(key.toLowerCase())}\u3000`;
    default:
      return key;
  }
}

/** ASCII to the full-width forms of Unicode, which stand at the same distance from all of it. */
function fullWidth(text: string): string {
  return [...text].map((letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)).join('');
}
