import type { CommandGroup } from './command.js';
import { addFollowCommands } from './jobs-follow.js';
import { addInspectCommands } from './jobs-inspect.js';
import { addSubmitCommands } from './jobs-submit.js';

export function addJobs(top: CommandGroup): void {
  const jobs = top.group(
    'jobs',
    'Submit, inspect, follow and stop training jobs',
    'fedrisk jobs submit loan-default.yaml --wait',
  );
  addSubmitCommands(jobs);
  addInspectCommands(jobs);
  addFollowCommands(jobs);
}
