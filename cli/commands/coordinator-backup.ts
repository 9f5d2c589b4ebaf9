import { CodedError, Secret } from '../../contract/index.js';
import type { BackupReport } from '../coordinator-door.js';
import { type Invocation, readInput } from '../invocation.js';
import type { Outcome } from '../output.js';
import { fields, page, paragraph } from '../text/layout.js';
import { formatBytes, formatCount } from '../text/units.js';
import type { CommandGroup } from './command.js';

interface PassphraseOption {
  readonly backupPassphraseFile: string;
}

interface BackupOptions extends PassphraseOption {
  readonly withCiphertexts?: boolean;
}

const passphraseFlag = '--backup-passphrase-file <file>';

export function addCoordinatorBackup(coordinator: CommandGroup): void {
  coordinator.add<[string, BackupOptions]>('backup <file>', {
    summary:
      'Write keys, settings and a consistent copy of the database to FILE, encrypted; it may be running',
    examples: [
      'fedrisk coordinator backup hub.backup --home hub \\\n      --backup-passphrase-file backup.key',
    ],
    shape: (command) =>
      command
        .requiredOption(passphraseFlag, 'encrypts the backup; keep it elsewhere, 12 bytes at least')
        .option('--with-ciphertexts', 'also what running jobs uploaded, so that they can go on'),
    run: backup,
  });
  coordinator.add<[string, PassphraseOption]>('restore <file>', {
    summary: 'Make the home folder --home, which must be new, from the backup FILE',
    examples: [
      'fedrisk coordinator restore hub.backup --home hub-2 \\\n      --backup-passphrase-file backup.key',
    ],
    shape: (command) => command.requiredOption(passphraseFlag, 'the one it was written with'),
    run: restore,
  });
}

async function backup(invocation: Invocation, file: string, options: BackupOptions): Promise<Outcome> {
  const { backupCoordinator } = await invocation.runtime.doors.coordinator();
  const order = { ...(await invocation.order()), file, backupPassphrase: await passphraseOf(options) };
  const report = await backupCoordinator({ ...order, withCiphertexts: options.withCiphertexts ?? false });
  const { bytes, files, database, unfinishedJobs } = report;
  return {
    data: { file, ...report },
    text: page(
      fields(
        [
          [
            'backup',
            `${file}, ${formatBytes(bytes)}, ${formatCount(files)} files`,
            invocation.palette.strong,
          ],
          ['database', database ? 'in it' : 'not in it: it lies in PostgreSQL, back it up with pg_dump'],
          ['unfinished jobs', unfinishedWords(unfinishedJobs.length, report)],
        ],
        invocation.palette,
      ),
    ),
  };
}

type CiphertextsKept = Pick<BackupReport, 'ciphertexts' | 'blobs'>;

function unfinishedWords(jobs: number, { ciphertexts, blobs }: CiphertextsKept): string {
  if (jobs === 0) return 'none';
  const count = formatCount(jobs);
  if (blobs === 'folder') return `${count}, ${ciphertexts ? 'with' : 'without'} their ciphertexts`;
  const where = blobs === 'postgres' ? 'PostgreSQL' : 'the S3 store';
  return `${count}; their ciphertexts are not in it: they lie in ${where}`;
}

async function restore(invocation: Invocation, file: string, options: PassphraseOption): Promise<Outcome> {
  const { restoreCoordinator } = await invocation.runtime.doors.coordinator();
  const { home } = invocation;
  const report = await restoreCoordinator({ home, file, backupPassphrase: await passphraseOf(options) });
  const jobs = report.unfinishedJobs.length;
  if (jobs > 0) {
    invocation.note(
      paragraph(
        `${formatCount(jobs)} unfinished jobs go on if nothing was said in them since the backup; the others end with ` +
          'TRANSCRIPT_BEHIND. ' +
          ciphertextWords(report) +
          'Never run the old home again beside this one.',
      ),
    );
  }
  return {
    data: { home, ...report },
    text: `${home} is restored, ${formatCount(report.files)} files; next: fedrisk coordinator start --home ${home}`,
  };
}

function ciphertextWords({ ciphertexts, blobs }: CiphertextsKept): string {
  const lost = 'a sum under way ends its job with CIPHERTEXT_LOST. ';
  if (blobs !== 'folder')
    return `Their ciphertexts are looked for in the store of \`blobs:\`; without them ${lost}`;
  return ciphertexts ? '' : `Their ciphertexts are not here: ${lost}`;
}

async function passphraseOf({ backupPassphraseFile }: PassphraseOption): Promise<Secret> {
  const bytes = await readInput(backupPassphraseFile, '--backup-passphrase-file');
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1;
  if (end === 0) throw new CodedError('CONFIG_INVALID', '--backup-passphrase-file: the file is empty');
  return new Secret(bytes.subarray(0, end));
}
