/**
 * `FEDRISK_TESTS=all npm test` also runs the permutations that `npm test` leaves out to end in ten minutes on two cores:
 * further moments to be killed at, further ways to stop the demo. CI runs them.
 */
export const everyTest = process.env.FEDRISK_TESTS === 'all';
