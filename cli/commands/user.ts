import type { CommandGroup } from './command.js';
import { addEnroll } from './enroll.js';

export function addUser(top: CommandGroup): void {
  const user = top.group(
    'user',
    'Enrol a person: scientist, operator or auditor',
    'fedrisk user enroll --token-file ann.token',
  );
  addEnroll(user, 'user', 'fedrisk jobs list');
}
