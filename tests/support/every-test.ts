/**
 * `FEDRISK_TESTS=all npm test` also runs what `npm test` leaves out to be short: the demo, full disks, crashes in vertical
 * jobs, further moments to be killed at, further signals, refusals at the other party too, more seeds. CI runs it all.
 */
export const everyTest = process.env.FEDRISK_TESTS === 'all';
