import { fileURLToPath } from 'node:url';
import { checkImports } from './check-imports.js';

/** The repository's root, from dist/tests/architecture. */
const root = fileURLToPath(new URL('../../..', import.meta.url));

const report = await checkImports(root);
for (const { rule, from, to } of report.violations) console.error(`${rule}: ${from} -> ${to}`);
if (report.modules === 0) console.error('no module was read: is @swc/core installed?');
console.log(
  `imports: ${report.modules} modules, ${report.dependencies} imports, ${report.violations.length} violations; ` +
    `${report.decrypting.length} files can decrypt`,
);
process.exitCode = report.modules > 0 && report.violations.length === 0 ? 0 : 1;
