import { packageVersion } from '../version.js';
import type { CommandGroup } from './command.js';

export function addVersion(top: CommandGroup): void {
  top.add<[]>('version', {
    summary: 'Print the version of fedrisk and of Node.js',
    examples: ['fedrisk version --json'],
    run: async () => {
      const version = packageVersion();
      return {
        data: { version, node: process.versions.node },
        text: `fedrisk ${version}, Node.js ${process.versions.node}`,
      };
    },
  });
}
