import { blindOwn, decodePsiSecrets, idDigests, PsiPool } from '../../../crypto/psi/index.js';

/** A process that resume.test.ts kills: OUTPUT COUNT SECRETS. Blinds `id 0`, `id 1`, … */
const [output, count, secrets] = process.argv.slice(2) as [string, string, string];
const ids = idDigests(Array.from({ length: Number(count) }, (_, k) => `id ${k}`));
const pool = PsiPool.open({ threads: 1 });
await blindOwn({ pool, ids, secrets: decodePsiSecrets(Buffer.from(secrets, 'hex')), output });
await pool.close();
