import { join } from 'node:path';

/** Where things lie in a participant's home folder. */
export const homeLayout = (home: string) => ({
  policy: join(home, 'policy.yaml'),
  datasets: join(home, 'datasets'),
  jobs: join(home, 'jobs'),
  journal: join(home, 'journal.sqlite'),
});

/** Milliseconds between looks for an operator's answer to a job. */
export const approvalPollMs = 1000;
