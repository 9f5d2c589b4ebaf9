/** The states of a job, as rounds/state.ts has them; a test compares the two lists. */
export const jobStateCheck = `check (state in (
  'awaiting-consent', -- consents of the named participants are on their way
  'keying',           -- roster, shared keys and mask keys are made and signed
  'preparing',        -- sums of statistics: magnitudes, moments
  'running',          -- training rounds
  'evaluating',       -- the sum that measures the final model
  'aligning',         -- vertical: the common rows are found
  'binning',          -- vertical: bins, WOE and IV
  'fitting',          -- vertical: iterations of the fit
  'scoring',          -- vertical: score parts, results, reports
  'finished',         -- ended with a model
  'failed',           -- ended with a code
  'cancelled'         -- ended by a person
))`;
